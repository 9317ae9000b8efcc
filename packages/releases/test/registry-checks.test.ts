// What a verification tells beside its verdict: changes of upstreams that the registry refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRegistryChecks } from '../src/registry-checks.ts'
import type { StateRows } from '../src/state-rows.ts'

/** A state of these fields, by object and field. */
function stateOf(fields: readonly (readonly [string, string, string])[]): StateRows {
  const of = (object: string): typeof fields => fields.filter(([its]) => its === object)
  const row = { entry: 1, timeMs: 1, firstEntry: 1, firstTimeMs: 1 }
  return {
    get: () => assert.fail('Nothing is read that may be withheld'),
    list: (object) => of(object).map(([, field]) => field),
    row: () => undefined,
    rows: (object) =>
      of(object).map(([, field, text]) => ({ ...row, field, value: Buffer.from(text) })),
  }
}

const packages = [
  ['/packages', 'a/', ''],
  ['/packages', '@s%2Fb/', ''],
] as const
const conflict = ['/packages/a/conflicts', '1.0.0/', ''] as const
const digests = ['aa', 'bb'].map((digest) => ['/packages/a/conflicts/1.0.0', digest, '{}'] as const)
const differs = ['/packages/@s%2Fb/notices', '2.0.0', '{"differs":"cc"}'] as const
const deprecated = ['/packages/@s%2Fb/notices', '3.0.0', '{"deprecated":"old"}'] as const

// what the log says, what is told
const cases: readonly (readonly [string, Parameters<typeof stateOf>[0], RegExp | undefined])[] = [
  ['nothing was changed', [...packages, deprecated], undefined],
  [
    'a tarball was changed twice',
    [...packages, conflict, ...digests],
    /^By the log, 2 changed tarballs of upstreams were refused; \/-\/stele\/conflicts/,
  ],
  [
    'a record was changed',
    [...packages, differs],
    /^By the log, 1 changed record of upstreams was/,
  ],
  [
    'both were changed',
    [...packages, conflict, ...digests, differs, deprecated],
    /2 changed tarballs and 1 changed record of upstreams were refused/,
  ],
]
for (const [what, fields, wanted] of cases) {
  test(`notes() tells ${wanted === undefined ? 'nothing' : 'so'} where ${what}`, () => {
    const notes = createRegistryChecks([]).notes(stateOf(fields))
    if (wanted === undefined) assert.deepEqual(notes, [])
    else assert.match(notes.join('\n'), wanted)
  })
}
