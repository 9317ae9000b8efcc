// The law, row by row: who may do what, and the name of each refusal.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { canonicalJson } from '@stele/formats/json'
import { parseTag, parseVersion } from '@stele/formats/names'
import { createScriptSystem, type ScriptSystem } from '@stele/testkit'
import fc from 'fast-check'
import semver from 'semver'
import { bundleRules } from '../scripts/bundle-rules.ts'
import { knownRules, releaseOfRules, rulesScript } from '../src/assets.ts'
import { releasedRules } from '../src/known-rules.ts'

type Request = Record<string, unknown>

/** A publish request whose tarball is the text of its name. */
function release(name: string, version: string, changes: Request = {}): Request {
  const sha512 = hash('sha512', `${name}@${version}`, 'buffer')
  return {
    name,
    version,
    integrity: `sha512-${sha512.toString('base64')}`,
    record: canonicalJson({ name, version }),
    contents: {
      files: 'a'.repeat(64),
      manifest: 'b'.repeat(64),
      sha512: sha512.toString('hex'),
      size: 7,
    },
    tags: ['latest'],
    ...changes,
  }
}

function call(
  system: ScriptSystem,
  account: string | null,
  method: string,
  request?: unknown,
): string {
  const args = JSON.stringify(request === undefined ? [] : [request])
  const outcome = system.call({ account, method, args })
  return outcome.ok ? 'ok' : outcome.error.name
}

/**
 * Operator `root`; `alice` owns left-pad (1.0.0, 1.1.0, 2.0.0-beta.1 as next); `bob` joined; `gone` is closed. `@team/*`
 * is reserved for alice, `bobs` for bob, and `@both/*` for the two.
 */
function createSystem(): ScriptSystem {
  const system = createScriptSystem(rulesScript())
  const done = [
    call(system, 'root', 'init'),
    ...['alice', 'bob', 'gone'].map((account) => call(system, account, 'join')),
    call(system, 'root', 'close', { account: 'gone' }),
    call(system, 'alice', 'publish', release('left-pad', '1.0.0')),
    call(system, 'alice', 'publish', release('left-pad', '1.1.0')),
    call(system, 'alice', 'publish', release('left-pad', '2.0.0-beta.1', { tags: ['next'] })),
    call(system, 'root', 'reserve', { pattern: '@team/*', account: 'alice' }),
    call(system, 'bob', 'reserve', { pattern: 'bobs' }),
    call(system, 'root', 'reserve', { pattern: '@both/*', account: 'bob' }),
    call(system, 'root', 'reserve', { pattern: '@both/*', account: 'alice' }),
  ]
  assert.deepEqual(new Set(done), new Set(['ok']))
  return system
}

const pad = { name: 'left-pad' }
const both = { pattern: '@both/*' }
const table: readonly [
  title: string,
  account: string | null,
  method: string,
  request: unknown,
  answer: string,
][] = [
  ['an account joins twice', 'alice', 'join', undefined, 'ok'],
  ['a closed account joins', 'gone', 'join', undefined, 'account_closed'],
  ['nobody joins', null, 'join', undefined, 'anonymous'],
  ['an odd name joins', 'Al/ice', 'join', undefined, 'account_invalid'],
  ['the operator closes an account', 'root', 'close', { account: 'bob' }, 'ok'],
  ['an account closes itself', 'bob', 'close', { account: 'bob' }, 'ok'],
  ['an account closes another', 'bob', 'close', { account: 'alice' }, 'not_operator'],
  ['the operator closes himself', 'root', 'close', { account: 'root' }, 'is_operator'],
  ['an unknown account is closed', 'root', 'close', { account: 'carol' }, 'account_not_found'],

  ['an owner publishes', 'alice', 'publish', release('left-pad', '1.2.0'), 'ok'],
  [
    'an owner publishes a version again',
    'alice',
    'publish',
    release('left-pad', '1.0.0'),
    'version_exists',
  ],
  ['somebody else publishes', 'bob', 'publish', release('left-pad', '1.2.0'), 'not_owner'],
  ['the operator publishes', 'root', 'publish', release('left-pad', '1.2.0'), 'not_owner'],
  ['nobody publishes', null, 'publish', release('left-pad', '1.2.0'), 'anonymous'],
  ['a stranger publishes', 'carol', 'publish', release('new', '1.0.0'), 'account_not_found'],
  ['a closed account publishes', 'gone', 'publish', release('new', '1.0.0'), 'account_closed'],
  ['anyone publishes a new name', 'bob', 'publish', release('new', '1.0.0'), 'ok'],
  ['anyone publishes in a free scope', 'bob', 'publish', release('@b/new', '1.0.0'), 'ok'],
  [
    'a reserved name is published by another',
    'alice',
    'publish',
    release('bobs', '1.0.0'),
    'name_reserved',
  ],
  ['a reserved name is published by its holder', 'bob', 'publish', release('bobs', '1.0.0'), 'ok'],
  [
    'a reserved scope is used by another',
    'bob',
    'publish',
    release('@team/x', '1.0.0'),
    'name_reserved',
  ],
  ['a reserved scope is used by its holder', 'alice', 'publish', release('@team/x', '1.0.0'), 'ok'],
  ['a shared scope is used by one holder', 'alice', 'publish', release('@both/x', '1.0.0'), 'ok'],
  ['a shared scope is used by the other', 'bob', 'publish', release('@both/x', '1.0.0'), 'ok'],
  [
    'a shared scope is used by somebody else',
    'root',
    'publish',
    release('@both/x', '1.0.0'),
    'name_reserved',
  ],
  [
    'an upstream has the new name',
    'bob',
    'publish',
    release('new', '1.0.0', { upstream: { asked: 'npm', exists: true } }),
    'name_taken',
  ],
  [
    'an upstream has not the new name',
    'bob',
    'publish',
    release('new', '1.0.0', { upstream: { asked: 'npm', exists: false } }),
    'ok',
  ],
  [
    'an upstream has a reserved name',
    'bob',
    'publish',
    release('bobs', '1.0.0', { upstream: { asked: 'npm', exists: true } }),
    'ok',
  ],
  ['upper case is published', 'bob', 'publish', release('New', '1.0.0'), 'name_invalid'],
  ['a name begins with a dot', 'bob', 'publish', release('.new', '1.0.0'), 'name_invalid'],
  ['a name begins with an underscore', 'bob', 'publish', release('_new', '1.0.0'), 'name_invalid'],
  ['a name is a core module', 'bob', 'publish', release('fs', '1.0.0'), 'name_invalid'],
  ['a name is a path', 'bob', 'publish', release('..', '1.0.0'), 'name_invalid'],
  ['a name has a slash', 'bob', 'publish', release('a/b', '1.0.0'), 'name_invalid'],
  [
    'a name has 215 characters',
    'bob',
    'publish',
    release('x'.repeat(215), '1.0.0'),
    'bad_argument',
  ],
  ['a version is not clean', 'alice', 'publish', release('left-pad', 'v1.2.0'), 'version_invalid'],
  [
    'a version has build metadata',
    'alice',
    'publish',
    release('left-pad', '1.2.0+1'),
    'version_invalid',
  ],
  [
    'a version is too big',
    'alice',
    'publish',
    release('left-pad', '1.2.9007199254740992'),
    'version_invalid',
  ],
  [
    'a tag is a range',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { tags: ['1.x'] }),
    'tag_invalid',
  ],
  [
    'a tag is a version',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { tags: ['v1.2.0-rc'] }),
    'tag_invalid',
  ],
  ['no tag is set', 'alice', 'publish', release('left-pad', '1.2.0', { tags: [] }), 'bad_argument'],
  [
    'a tag is set twice',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { tags: ['a', 'a'] }),
    'bad_argument',
  ],
  [
    'eleven tags are set',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { tags: 'abcdefghijk'.split('') }),
    'bad_argument',
  ],
  [
    'the integrity is of other bytes',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { integrity: `sha512-${'A'.repeat(86)}==` }),
    'bad_integrity',
  ],
  [
    'the integrity is a sha1',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { integrity: 'sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=' }),
    'bad_integrity',
  ],
  [
    'the record is not JSON',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { record: '{' }),
    'bad_record',
  ],
  [
    'the record is not canonical',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { record: '{"version":"1.2.0","name":"left-pad"}' }),
    'bad_record',
  ],
  [
    'the record has a key twice',
    'alice',
    'publish',
    release('left-pad', '1.2.0', {
      record: '{"name":"left-pad","name":"left-pad","version":"1.2.0"}',
    }),
    'bad_record',
  ],
  [
    'the record names another package',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { record: '{"name":"x","version":"1.2.0"}' }),
    'bad_record',
  ],
  [
    'the record names another version',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { record: '{"name":"left-pad","version":"1.0.0"}' }),
    'bad_record',
  ],
  [
    'the record has a foreign member',
    'alice',
    'publish',
    record({ deprecated: 'x' }),
    'bad_record',
  ],
  [
    'the record has a false install script',
    'alice',
    'publish',
    record({ hasInstallScript: false }),
    'bad_record',
  ],
  [
    'the record depends on a number',
    'alice',
    'publish',
    record({ dependencies: { a: 1 } }),
    'bad_record',
  ],
  [
    'the record holds half a character',
    'alice',
    'publish',
    release('left-pad', '1.2.0', {
      record: '{"bin":{"a":"\\ud800"},"name":"left-pad","version":"1.2.0"}',
    }),
    'bad_record',
  ],
  [
    'the record has a name that needs an escape',
    'alice',
    'publish',
    record({ dependencies: { 'a"': '1' } }),
    'bad_record',
  ],
  [
    'the record has all that a record has',
    'alice',
    'publish',
    record({
      bin: { a: 'b' },
      bundleDependencies: ['a'],
      cpu: ['x64'],
      dependencies: { 10: '1', 9: '1', a: '*' },
      engines: { node: '>=1' },
      hasInstallScript: true,
      libc: ['musl'],
      optionalDependencies: { b: '1' },
      os: ['linux'],
      peerDependencies: { c: '1' },
      peerDependenciesMeta: { c: { optional: true } },
    }),
    'ok',
  ],
  [
    'the contents have no size',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { contents: {} }),
    'bad_argument',
  ],
  [
    'the files digest is upper case',
    'alice',
    'publish',
    contents({ files: 'A'.repeat(64) }),
    'bad_contents',
  ],
  ['the size is negative', 'alice', 'publish', contents({ size: -1 }), 'bad_contents'],
  [
    'a release has a foreign member',
    'alice',
    'publish',
    release('left-pad', '1.2.0', { extra: 1 }),
    'bad_argument',
  ],
  ['a release is nothing', 'alice', 'publish', undefined, 'bad_argument'],

  ['an owner sets a tag', 'alice', 'tag', { ...pad, tag: 'stable', version: '1.0.0' }, 'ok'],
  [
    'somebody else sets a tag',
    'bob',
    'tag',
    { ...pad, tag: 'stable', version: '1.0.0' },
    'not_owner',
  ],
  [
    'a tag points nowhere',
    'alice',
    'tag',
    { ...pad, tag: 'stable', version: '9.0.0' },
    'version_not_found',
  ],
  [
    'a tag of no package',
    'alice',
    'tag',
    { name: 'none', tag: 'a', version: '1.0.0' },
    'package_not_found',
  ],
  ['an owner removes a tag', 'alice', 'untag', { ...pad, tag: 'next' }, 'ok'],
  ['an owner removes latest', 'alice', 'untag', { ...pad, tag: 'latest' }, 'tag_needed'],
  ['a tag is removed that is not', 'alice', 'untag', { ...pad, tag: 'none' }, 'tag_not_found'],
  ['somebody else removes a tag', 'bob', 'untag', { ...pad, tag: 'next' }, 'not_owner'],

  ['an owner adds an owner', 'alice', 'addOwner', { ...pad, account: 'bob' }, 'ok'],
  ['the operator adds an owner', 'root', 'addOwner', { ...pad, account: 'bob' }, 'ok'],
  ['somebody makes himself owner', 'bob', 'addOwner', { ...pad, account: 'bob' }, 'not_owner'],
  [
    'a stranger becomes owner',
    'alice',
    'addOwner',
    { ...pad, account: 'carol' },
    'account_not_found',
  ],
  [
    'a closed account becomes owner',
    'alice',
    'addOwner',
    { ...pad, account: 'gone' },
    'account_closed',
  ],
  ['the last owner goes', 'alice', 'removeOwner', { ...pad, account: 'alice' }, 'last_owner'],
  [
    'the operator removes the last owner',
    'root',
    'removeOwner',
    { ...pad, account: 'alice' },
    'last_owner',
  ],
  [
    'an owner is removed that is none',
    'alice',
    'removeOwner',
    { ...pad, account: 'bob' },
    'owner_not_found',
  ],

  ['anyone stars', 'bob', 'star', pad, 'ok'],
  ['anyone unstars what he never starred', 'bob', 'unstar', pad, 'ok'],
  ['nobody stars', null, 'star', pad, 'anonymous'],
  ['no package is starred', 'bob', 'star', { name: 'none' }, 'package_not_found'],

  ['an owner deprecates', 'alice', 'deprecate', { ...pad, versions: { '1.0.0': 'old' } }, 'ok'],
  [
    'somebody else deprecates',
    'bob',
    'deprecate',
    { ...pad, versions: { '1.0.0': 'old' } },
    'not_owner',
  ],
  [
    'the operator deprecates',
    'root',
    'deprecate',
    { ...pad, versions: { '1.0.0': 'old' } },
    'not_owner',
  ],
  [
    'an unknown version is deprecated',
    'alice',
    'deprecate',
    { ...pad, versions: { '9.0.0': 'x' } },
    'version_not_found',
  ],
  [
    'no text deprecates',
    'alice',
    'deprecate',
    { ...pad, versions: { '1.0.0': false } },
    'bad_argument',
  ],

  ['an owner unpublishes', 'alice', 'unpublish', { ...pad, versions: ['1.0.0'] }, 'ok'],
  ['the operator takes down', 'root', 'unpublish', { ...pad, versions: ['1.0.0'] }, 'ok'],
  ['somebody else unpublishes', 'bob', 'unpublish', { ...pad, versions: ['1.0.0'] }, 'not_owner'],
  [
    'an unknown version is unpublished',
    'alice',
    'unpublish',
    { ...pad, versions: ['9.0.0'] },
    'version_not_found',
  ],
  ['nothing is unpublished', 'alice', 'unpublish', { ...pad, versions: [] }, 'bad_argument'],

  ['an account reserves a name', 'alice', 'reserve', { pattern: 'mine' }, 'ok'],
  ['an account reserves a scope', 'alice', 'reserve', { pattern: '@mine/*' }, 'not_operator'],
  [
    'an account reserves for another',
    'alice',
    'reserve',
    { pattern: 'mine', account: 'bob' },
    'not_operator',
  ],
  [
    'the operator reserves for another',
    'root',
    'reserve',
    { pattern: '@b/*', account: 'bob' },
    'ok',
  ],
  [
    'the operator reserves for a stranger',
    'root',
    'reserve',
    { pattern: 'x', account: 'carol' },
    'account_not_found',
  ],
  ['a reserved name is reserved', 'alice', 'reserve', { pattern: 'bobs' }, 'name_reserved'],
  [
    'a name in a reserved scope is reserved',
    'bob',
    'reserve',
    { pattern: '@team/x' },
    'name_reserved',
  ],
  ['a published name is reserved', 'bob', 'reserve', { pattern: 'left-pad' }, 'name_taken'],
  ['an odd pattern is reserved', 'root', 'reserve', { pattern: 'a*' }, 'name_invalid'],
  ['a holder releases', 'bob', 'release', { pattern: 'bobs' }, 'ok'],
  ['the operator releases', 'root', 'release', { pattern: 'bobs' }, 'ok'],
  ['somebody else releases', 'alice', 'release', { pattern: 'bobs' }, 'name_reserved'],
  ['a free name is released', 'alice', 'release', { pattern: 'free' }, 'reservation_not_found'],
  [
    'the operator shares a reserved scope',
    'root',
    'reserve',
    { pattern: '@team/*', account: 'bob' },
    'ok',
  ],
  [
    'the operator shares a reserved name',
    'root',
    'reserve',
    { pattern: 'bobs', account: 'alice' },
    'ok',
  ],
  [
    'the operator reserves what is reserved, and names nobody',
    'root',
    'reserve',
    { pattern: '@team/*' },
    'name_reserved',
  ],
  [
    'a holder shares his name',
    'bob',
    'reserve',
    { pattern: 'bobs', account: 'alice' },
    'not_operator',
  ],
  [
    'a shared scope is reserved for a closed account',
    'root',
    'reserve',
    { pattern: '@both/*', account: 'gone' },
    'account_closed',
  ],
  ['a holder releases his part by name', 'bob', 'release', { ...both, account: 'bob' }, 'ok'],
  [
    "a holder releases another's part",
    'bob',
    'release',
    { ...both, account: 'alice' },
    'name_reserved',
  ],
  ['the operator releases one part', 'root', 'release', { ...both, account: 'alice' }, 'ok'],
  [
    'the operator releases the part of one who has none',
    'root',
    'release',
    { ...both, account: 'gone' },
    'reservation_not_found',
  ],
]

function record(members: Request): Request {
  const text = canonicalJson({ name: 'left-pad', version: '1.2.0', ...members })
  return release('left-pad', '1.2.0', { record: text })
}

function contents(members: Request): Request {
  const { contents: all } = release('left-pad', '1.2.0')
  return release('left-pad', '1.2.0', { contents: Object.assign({}, all, members) })
}

for (const [title, account, method, request, answer] of table) {
  test(`${method}() answers ${answer} when ${title}`, () => {
    const system = createSystem()
    const before = system.dump()
    assert.equal(call(system, account, method, request), answer)
    if (answer !== 'ok') assert.deepEqual(system.dump(), before)
  })
}

/** What a series of calls by alice left of left-pad: `part/field` to value. */
function after(...calls: readonly [method: string, request: unknown][]): Record<string, string> {
  const system = createSystem()
  for (const [method, request] of calls) assert.equal(call(system, 'alice', method, request), 'ok')
  const prefix = '/packages/left-pad/'
  return Object.fromEntries(
    Object.entries(system.dump())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length).replace(' ', '/'), value]),
  )
}

function pick(all: Record<string, string>, part: string): Record<string, string> {
  const entries = Object.entries(all).filter(([key]) => key.startsWith(`${part}/`))
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(part.length + 1), value]))
}

test('publish() writes the values of the specification when a release is new', () => {
  const all = after()
  const { integrity, contents: held, record: text } = release('left-pad', '1.0.0')
  assert.equal(
    all['versions/1.0.0'],
    `{"integrity":"${String(integrity)}","record":${String(text)}}`,
  )
  assert.equal(all['contents/1.0.0'], canonicalJson(held))
  assert.deepEqual(pick(all, 'owners'), { alice: 'owner' })
  assert.deepEqual(pick(all, 'tags'), { latest: '1.1.0', next: '2.0.0-beta.1' })
})

test('publish() makes the first release latest when it has another tag', () => {
  const system = createSystem()
  call(system, 'bob', 'publish', release('new', '1.0.0-rc.1', { tags: ['rc'] }))
  assert.equal(system.dump()['/packages/new/tags latest'], '1.0.0-rc.1')
})

test('unpublish() moves latest to the highest stable version when latest goes', () => {
  const all = after(
    ['publish', release('left-pad', '1.0.10', { tags: ['old'] })],
    ['unpublish', { ...pad, versions: ['1.1.0'] }],
  )
  assert.deepEqual(pick(all, 'tags'), { latest: '1.0.10', next: '2.0.0-beta.1', old: '1.0.10' })
  assert.deepEqual(pick(all, 'notices'), { '1.1.0': '{"gone":true}' })
  assert.ok('versions/1.1.0' in all)
})

test('unpublish() leaves owners and numbers when the last version goes', () => {
  const system = createSystem()
  const versions = ['1.0.0', '1.1.0', '2.0.0-beta.1']
  assert.equal(call(system, 'alice', 'unpublish', { ...pad, versions }), 'ok')
  const dump = system.dump()
  assert.equal(
    Object.keys(dump).some((key) => key.startsWith('/packages/left-pad/tags ')),
    false,
  )
  assert.equal(call(system, 'bob', 'publish', release('left-pad', '3.0.0')), 'not_owner')
  assert.equal(call(system, 'alice', 'publish', release('left-pad', '1.0.0')), 'version_exists')
  assert.equal(call(system, 'bob', 'reserve', { pattern: 'left-pad' }), 'name_taken')
  assert.equal(
    call(system, 'alice', 'publish', release('left-pad', '3.0.0', { tags: ['any'] })),
    'ok',
  )
  assert.equal(system.dump()['/packages/left-pad/tags latest'], '3.0.0')
})

test('deprecate() writes, changes and takes back when the messages say so', () => {
  const said = ['deprecate', { ...pad, versions: { '1.0.0': 'old', '1.1.0': 'é' } }] as const
  assert.deepEqual(pick(after([...said]), 'notices'), {
    '1.0.0': '{"deprecated":"old"}',
    '1.1.0': '{"deprecated":"é"}',
  })
  const taken = after([...said], ['deprecate', { ...pad, versions: { '1.0.0': '' } }])
  assert.deepEqual(pick(taken, 'notices'), { '1.1.0': '{"deprecated":"é"}' })
  const gone = after([...said], ['unpublish', { ...pad, versions: ['1.0.0'] }])
  assert.equal(gone['notices/1.0.0'], '{"gone":true}')
})

test('removeOwner() lets an owner go when another stays', () => {
  const all = after(
    ['addOwner', { ...pad, account: 'bob' }],
    ['removeOwner', { ...pad, account: 'alice' }],
  )
  assert.deepEqual(pick(all, 'owners'), { bob: 'owner' })
})

test('star() and unstar() count the caller once when he repeats himself', () => {
  assert.deepEqual(pick(after(['star', pad], ['star', pad]), 'stars'), { alice: '' })
  assert.deepEqual(pick(after(['star', pad], ['unstar', pad], ['unstar', pad]), 'stars'), {})
})

test('init() makes the caller operator and active when the registry begins', () => {
  const system = createScriptSystem(rulesScript())
  assert.equal(call(system, 'root', 'init'), 'ok')
  assert.deepEqual(system.dump(), {
    '/ accounts/': '',
    '/ names/': '',
    '/ operator': 'root',
    '/ packages/': '',
    '/accounts root': 'active',
  })
})

/** Who holds `@both/*` after the calls: the value of `/names`, undefined where nobody does. */
function holdersAfter(
  ...calls: readonly [account: string, method: string, request: unknown][]
): string | undefined {
  const system = createSystem()
  for (const [account, method, request] of calls)
    assert.equal(call(system, account, method, request), 'ok')
  return system.dump()['/names @both%2F*']
}

test('reserve() writes the accounts that share a name sorted, one who is there already not twice', () => {
  assert.equal(holdersAfter(), 'alice bob')
  assert.equal(holdersAfter(['root', 'reserve', { ...both, account: 'root' }]), 'alice bob root')
  assert.equal(holdersAfter(['root', 'reserve', { ...both, account: 'bob' }]), 'alice bob')
})

test('release() ends one part, and the reservation with the last', () => {
  const part = (account: string): [string, string, unknown] => [
    'root',
    'release',
    { ...both, account },
  ]
  assert.equal(holdersAfter(part('alice')), 'bob')
  assert.equal(holdersAfter(part('alice'), part('bob')), undefined)
  assert.equal(holdersAfter(['bob', 'release', both]), 'alice')
  assert.equal(holdersAfter(['root', 'release', both]), undefined)
})

test('reserve() refuses more accounts than may share a name', () => {
  const system = createSystem()
  const share = (account: string): string => call(system, 'root', 'reserve', { ...both, account })
  for (let count = 3; count <= 101; count++) {
    assert.equal(call(system, `member${count}`, 'join'), 'ok')
    assert.equal(share(`member${count}`), count <= 100 ? 'ok' : 'too_many_accounts')
  }
  assert.equal(share('alice'), 'ok')
})

test('tag() refuses more tags than a package may have, and a removal still reads them all', () => {
  const system = createSystem()
  const set = (tag: string): string =>
    call(system, 'alice', 'tag', { ...pad, tag, version: '1.0.0' })
  for (let count = 2; count < 1000; count++) assert.equal(set(`t${count}`), 'ok')
  assert.equal(set('one-more'), 'too_many_tags')
  assert.equal(set('t2'), 'ok')
  const more = release('left-pad', '3.0.0', { tags: ['one-more'] })
  assert.equal(call(system, 'alice', 'publish', more), 'too_many_tags')
  assert.equal(call(system, 'alice', 'publish', { ...more, tags: ['latest'] }), 'ok')
  assert.equal(call(system, 'root', 'unpublish', { ...pad, versions: ['1.0.0'] }), 'ok')
  assert.equal(set('one-more'), 'version_not_found')
})

test('tag() takes no tag that formats or semver take for a range', () => {
  const tag = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.stringMatching(/^v{0,2}[0-9xX]{1,2}(\.[0-9xX]{1,2}){0,3}(-?[a-z0-9.]{0,4})?$/),
  )
  const system = createSystem()
  fc.assert(
    fc.property(tag, (text) => {
      const answer = call(system, 'alice', 'tag', { ...pad, tag: text, version: '1.0.0' })
      if (answer === 'ok') assert.equal(parseTag(text), text)
    }),
    { numRuns: 200 },
  )
})

test('unpublish() ranks versions as semver does', () => {
  const part = fc.oneof(fc.nat(12).map(String), fc.constantFrom('a', 'b', 'rc', 'rc1', 'x-1'))
  const version = fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(12), fc.array(part, { maxLength: 3 }))
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length > 0 ? `-${pre.join('.')}` : ''}`)
  fc.assert(
    fc.property(fc.uniqueArray(version, { minLength: 1, maxLength: 6 }), (versions) => {
      const system = createSystem()
      for (const one of ['9.0.0', ...versions]) {
        assert.equal(parseVersion(one), one)
        assert.equal(call(system, 'bob', 'publish', release('new', one, { tags: ['t'] })), 'ok')
      }
      assert.equal(call(system, 'bob', 'unpublish', { name: 'new', versions: ['9.0.0'] }), 'ok')
      const stable = versions.filter((one) => !one.includes('-'))
      const [best] = semver.rsort(stable.length > 0 ? stable : [...versions])
      const latest = system.dump()['/packages/new/tags latest'] ?? ''
      assert.equal(semver.compare(latest, best ?? ''), 0)
    }),
    { numRuns: 40 },
  )
})

test('rulesScript() is what the sources make when they were bundled', async () => {
  const hint = 'rules.js is stale: run "node packages/registry/scripts/bundle-rules.ts"'
  assert.equal(rulesScript(), await bundleRules(), hint)
})

test('knownRules() names the rules of this release and of those before it, each once', () => {
  const names = knownRules()
  assert.ok(names.includes(hash('sha512', rulesScript())))
  for (const { name } of releasedRules) assert.ok(names.includes(name))
  assert.equal(new Set(names).size, names.length)
})

test('releaseOfRules() knows the releases before this one, and no others', () => {
  assert.equal(releaseOfRules(hash('sha512', rulesScript())), null)
  assert.equal(releaseOfRules('0'.repeat(128)), undefined)
  const [first] = releasedRules
  const isOwn = first?.name === hash('sha512', rulesScript())
  assert.equal(releaseOfRules(first?.name ?? ''), isOwn ? null : first?.release)
})

test('rulesScript() keeps nothing between calls: it has no variable that changes', () => {
  const declared = rulesScript().match(/^(?:let|var) \w+/gm) ?? []
  const assigned = declared
    .map((text) => text.split(' ')[1] ?? '')
    .filter((name) =>
      new RegExp(`^\\s+${name}(?:\\.\\w+|\\[.*\\])? [-+]?= `, 'm').test(rulesScript()),
    )
  assert.deepEqual(assigned, [])
})
