// What is told of changes that upstreams made: what goes on being served beside what was refused.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { createConflicts } from '../src/conflicts.ts'
import { createFakeViews } from './fake-views.ts'

const record = '{"name":"p","version":"1.0.0"}'
const chosen = `{"integrity":"sha512-chosen","record":${record}}`
const chunk = '1.0.0 sha512-seen 0a\n2.0.0 sha512-two 0b\n'

/** The state of a package that was seen, of which 1.0.0 was chosen where it says so. */
function tell(fields: { readonly [path: string]: string }, blob: string | undefined = chunk) {
  const state = {
    get: (object: string, field: string) => {
      const value = fields[`${object}/${field}`]
      return value === undefined ? undefined : Buffer.from(value)
    },
    list: (object: string) =>
      Object.keys(fields).flatMap((path) =>
        path.startsWith(`${object}/`) ? [path.slice(object.length + 1)] : [],
      ),
  }
  const views = createFakeViews()
  for (const what of ['tarball', 'record'] as const) {
    const row = { name: 'p', version: '1.0.0', what, shown: 'other', seenMs: 1, entry: 7 }
    views.apply([{ kind: 'conflict', ...row }])
  }
  const submit = async () => assert.fail('A read submits nothing')
  const blobs = (name: string) => (name === 'b0' && blob !== '' ? Buffer.from(blob) : undefined)
  const conflicts = createConflicts({ state, views, blobs, submit, now: () => 0 })
  const { found } = conflicts({ from: 0, size: 9 })
  return found.map(({ what, pinned, isAmended }) => [what, pinned, isAmended])
}

const seen = { '/packages/p/seen/00000000': 'b0' }

test('conflicts() tells the line of a version that was seen, and not chosen', () => {
  assert.deepEqual(tell(seen), [
    ['record', '0a', false],
    ['tarball', 'sha512-seen', false],
  ])
})

test('conflicts() tells what a version was chosen with, also where its chunk is withheld', () => {
  for (const blob of [chunk, '']) {
    assert.deepEqual(tell({ ...seen, '/packages/p/versions/1.0.0': chosen }, blob), [
      ['record', hash('sha256', record), false],
      ['tarball', 'sha512-chosen', false],
    ])
  }
})

test('conflicts() tells nothing of what was seen where the chunk is withheld', () => {
  assert.deepEqual(tell(seen, ''), [
    ['record', undefined, false],
    ['tarball', undefined, false],
  ])
})

test('conflicts() says where a record was amended', () => {
  assert.deepEqual(tell({ ...seen, '/packages/p/amended/1.0.0': '{}' }), [
    ['record', '0a', true],
    ['tarball', 'sha512-seen', false],
  ])
})
