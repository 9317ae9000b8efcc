// The law of what scanners find, row by row, and the calls that are made of it.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { SubmitCall } from '@stele/entries/calls'
import { canonicalJson, type JsonObject } from '@stele/formats/json'
import { createScriptSystem, type ScriptSystem } from '@stele/testkit'
import { rulesScript } from '../src/assets.ts'
import { maxLocatedPerCall } from '../src/limits.ts'
import {
  createLocate,
  fitsLocated,
  type Locating,
  readLocated,
  walkLocated,
} from '../src/located.ts'

const integrity = (text: string): string => `sha512-${hash('sha512', text, 'base64')}`
const filesOf = (text: string): string => hash('sha256', text, 'hex')

type Whole = Extract<Locating, { files: string }>

function found(name: string, version: string, changes: Partial<Whole> = {}): Whole {
  const record = canonicalJson({ name, version })
  return { name, version, files: filesOf('first'), integrity: null, record, ...changes }
}

/** Root is the operator; `map` is located by `directory` as 1.0.0, without a tarball, and as 2.0.0-SNAPSHOT. */
function createSystem(): ScriptSystem & {
  readonly locate: (packages: unknown, via?: string, scanner?: unknown) => string
} {
  const system = createScriptSystem(rulesScript())
  const call = (method: string, request: unknown, via: string): string => {
    const args = JSON.stringify(request === undefined ? [] : [request])
    const outcome = system.call({ account: 'root', via, method, args, timeMs: 5 })
    return outcome.ok ? 'ok' : outcome.error.name
  }
  const locate = (packages: unknown, via = 'host', scanner: unknown = 'directory'): string =>
    call('locate', { scanner, packages }, via)
  assert.equal(call('init', undefined, 'host'), 'ok')
  assert.equal(locate([found('map', '1.0.0'), found('map', '2.0.0-SNAPSHOT')]), 'ok')
  return { ...system, locate }
}

const other = { files: filesOf('other') }
const gone = { name: 'map', version: '1.0.0', gone: true }

const table: readonly (readonly [title: string, packages: unknown, answer: string])[] = [
  ['a new package', [found('new', '1.0.0')], 'ok'],
  ['a scoped one', [found('@a/b', '1.0.0')], 'ok'],
  ['the same again', [found('map', '1.0.0')], 'ok'],
  ['a release with other files', [found('map', '1.0.0', other)], 'version_exists'],
  [
    'a release with another record',
    [
      found('map', '1.0.0', {
        record: canonicalJson({ bin: { a: 'b' }, name: 'map', version: '1.0.0' }),
      }),
    ],
    'version_exists',
  ],
  [
    'a release that has a tarball now',
    [found('map', '1.0.0', { integrity: integrity('t') })],
    'ok',
  ],
  ['a SNAPSHOT with other files', [found('map', '2.0.0-SNAPSHOT', other)], 'ok'],
  ['a release that is gone', [gone], 'ok'],
  ['a SNAPSHOT that is gone', [{ ...gone, version: '2.0.0-SNAPSHOT' }], 'ok'],
  ['nothing that is gone', [{ ...gone, version: '9.0.0' }], 'version_not_found'],
  ['no list', found('map', '1.0.0'), 'bad_argument'],
  ['an empty list', [], 'bad_argument'],
  [
    'too many',
    Array.from({ length: maxLocatedPerCall + 1 }, (_, at) => found(`m${at}`, '1.0.0')),
    'bad_argument',
  ],
  ['files that are no digest', [found('new', '1.0.0', { files: 'x' })], 'bad_argument'],
  ['a SHA-1', [found('new', '1.0.0', { integrity: 'sha1-aaaa' })], 'bad_argument'],
  ['another one’s record', [{ ...found('new', '1.0.0'), name: 'b' }], 'bad_record'],
  ['a name that is a path', [found('..', '1.0.0')], 'name_invalid'],
  ['a version that is none', [found('new', '1')], 'version_invalid'],
  ['a member too many', [{ ...found('new', '1.0.0'), more: 1 }], 'bad_argument'],
  ['gone, and something else', [{ ...gone, files: filesOf('x') }], 'bad_argument'],
  ['not gone', [{ ...gone, gone: false }], 'bad_argument'],
]

for (const [title, packages, answer] of table) {
  test(`the rule "locate" answers ${answer} to ${title}`, () => {
    assert.equal(createSystem().locate(packages), answer)
  })
}

for (const [title, scanner] of [
  ['a path', '../x'],
  ['empty', ''],
  ['a number', 1],
] as const) {
  test(`the rule "locate" refuses a scanner whose name is ${title}`, () => {
    assert.equal(createSystem().locate([found('new', '1.0.0')], 'host', scanner), 'bad_argument')
  })
}

test('the rule "locate" is the host’s alone', () => {
  assert.equal(createSystem().locate([found('new', '1.0.0')], 'token'), 'not_host')
})

test('a release that was gone comes back as it was, and as nothing else', () => {
  const { locate, state } = createSystem()
  const place = { scanner: 'directory', name: 'map', version: '1.0.0' }
  assert.equal(locate([gone]), 'ok')
  assert.deepEqual(readLocated(state, place)?.gone, true)
  assert.equal(locate([found('map', '1.0.0', other)]), 'version_exists')
  assert.equal(locate([found('map', '1.0.0')]), 'ok')
  assert.deepEqual(readLocated(state, place)?.gone, false)
})

test('a tarball that was once known does not change, and does not go', () => {
  const { locate } = createSystem()
  assert.equal(locate([found('map', '1.0.0', { integrity: integrity('t') })]), 'ok')
  assert.equal(locate([found('map', '1.0.0', { integrity: integrity('u') })]), 'version_exists')
  assert.equal(locate([found('map', '1.0.0')]), 'version_exists')
})

test('a record stays the same text, also with names that an object would sort', () => {
  const { locate, state } = createSystem()
  const dependencies = { '10': '1', '9': '1', a: '1' }
  const record = canonicalJson({ dependencies, name: 'n', version: '1.0.0' })
  const one = found('n', '1.0.0', { record })
  const place = { scanner: 'directory', name: 'n', version: '1.0.0' }
  assert.equal(locate([one]), 'ok')
  assert.equal(locate([{ name: 'n', version: '1.0.0', gone: true }]), 'ok')
  assert.equal(readLocated(state, place)?.record, record)
  assert.equal(locate([one]), 'ok')
})

test('fitsLocated() says of each version what the rule does', () => {
  const { state } = createSystem()
  for (const [version, changes, fits] of [
    ['1.0.0', {}, true],
    ['1.0.0', other, false],
    ['1.0.0', { integrity: integrity('t') }, true],
    ['2.0.0-SNAPSHOT', other, true],
    ['9.0.0', other, true],
  ] as const) {
    const row = readLocated(state, { scanner: 'directory', name: 'map', version })
    assert.equal(fitsLocated(row, found('map', version, changes)), fits, version)
  }
})

test('createLocate() puts all into the log in a few calls, and walkLocated() gives it back', async () => {
  const { state, call } = createSystem()
  const calls: number[] = []
  const submit: SubmitCall = async ({ account, via, method, args }) => {
    const [request] = args
    const { packages } = Object(request)
    calls.push(packages.length)
    const outcome = call({ account, via, method, args: JSON.stringify(args), timeMs: 6 })
    const ok = { ok: true } as const
    return { index: 1, timeMs: 6, outcome: outcome.ok ? ok : { ok: false, error: outcome.error } }
  }
  const locate = createLocate({ submit, operator: 'root' })
  const many = Array.from({ length: 1200 }, (_, at) => found(`@p/m${at}`, '1.0.0'))
  await locate('more', many)
  assert.deepEqual(calls, [500, 500, 200])
  const rows = [...walkLocated(state)]
  assert.equal(rows.filter(({ scanner }) => scanner === 'more').length, 1200)
  assert.equal(rows.find(({ name }) => name === '@p/m7')?.record, many[7]?.record)
  await assert.rejects(locate('more', [found('@p/m1', '1.0.0', other)]), /only a SNAPSHOT/)
})

test('a value that is no located one is refused', () => {
  const state = (value: JsonObject): Parameters<typeof readLocated>[0] => ({
    get: () => Buffer.from(JSON.stringify(value)),
    list: () => [],
  })
  const place = { scanner: 's', name: 'n', version: '1.0.0' }
  const record = { name: 'n', version: '1.0.0' }
  for (const value of [
    {},
    { files: 'x', integrity: null, record },
    { files: filesOf('a'), integrity: 'x', record },
    { files: filesOf('a'), integrity: null, more: 1, record },
  ]) {
    assert.throws(() => readLocated(state(value), place))
  }
})
