import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import {
  choice,
  duration,
  flagOf,
  integer,
  list,
  objects,
  port,
  readSection,
  refuseUnknown,
  type Section,
  type SettingSources,
  size,
  text,
  toggle,
  url,
  variableOf,
} from '../src/index.ts'
import { type Kind, urlOr } from '../src/public/own-kinds.ts'

type Top = { readonly port: number; readonly publicUrl: string | null }
const top: Section<Top> = {
  name: '',
  fields: {
    port: { summary: 'the port', kind: port, fallback: 4873 },
    publicUrl: { summary: 'the address', kind: url, fallback: null },
  },
}

type Upstream = { readonly name: string; readonly url: string; readonly timeoutMs: number }
const upstreams = objects<Upstream>({
  name: { summary: 'its name', kind: text('a name of lower-case letters', /^[a-z]+$/) },
  url: { summary: 'its address', kind: url },
  timeoutMs: { summary: 'how long it may take', kind: duration(1, 60_000), fallback: 5000 },
})
const nested: Section<{ readonly upstreams: readonly Upstream[] }> = {
  name: 'proxy',
  fields: { upstreams: { summary: 'where from', kind: upstreams, fallback: [] } },
}

function sources(parts: {
  readonly flags?: SettingSources['flags']
  readonly environment?: SettingSources['environment']
  readonly members?: { readonly [key: string]: unknown }
}): SettingSources {
  const { flags = {}, environment = {}, members = {} } = parts
  return { flags, environment, file: { path: 'stele.yaml', members } }
}

test('readSection() takes flags before the environment, that before the file, that before defaults', () => {
  const all = {
    flags: { port: '1' },
    environment: { STELE_PORT: '2' },
    members: { port: 3 },
  }
  assert.equal(readSection(top, sources(all)).port, 1)
  assert.equal(readSection(top, sources({ ...all, flags: {} })).port, 2)
  assert.equal(readSection(top, sources({ members: all.members })).port, 3)
  assert.deepEqual(readSection(top, sources({})), { port: 4873, publicUrl: null })
  assert.equal(readSection(top, sources({ members: { port: null } })).port, 4873)
})

test('readSection() reads several objects from the file, and as JSON from a variable', () => {
  const one = { name: 'one', url: 'https://one.example/' }
  const wanted = [{ name: 'one', url: 'https://one.example', timeoutMs: 5000 }]
  const file = sources({ members: { proxy: { upstreams: [one] } } })
  assert.deepEqual(readSection(nested, file).upstreams, wanted)
  const variable = sources({ environment: { STELE_PROXY_UPSTREAMS: JSON.stringify([one]) } })
  assert.deepEqual(readSection(nested, variable).upstreams, wanted)
})

const dotted: Section<{ readonly 'cache.isOn': boolean; readonly 'cache.size': number }> = {
  name: 'tree',
  fields: {
    'cache.isOn': { summary: 'whether there is one', kind: toggle, fallback: true },
    'cache.size': { summary: 'how large it is', kind: integer(0, 9), fallback: 1 },
  },
}
for (const [claim, members] of [
  ['in objects', { tree: { cache: { isOn: false, size: 2 } } }],
  ['in one key', { 'tree.cache.isOn': false, 'tree.cache.size': 2 }],
  ['in a key of its section', { tree: { 'cache.isOn': false, 'cache.size': 2 } }],
  ['in both', { tree: { cache: { isOn: false } }, 'tree.cache.size': 2 }],
] as const) {
  test(`readSection() finds a name with dots that stands ${claim}`, () => {
    refuseUnknown([top, dotted], sources({ members }))
    assert.deepEqual(readSection(dotted, sources({ members })), {
      'cache.isOn': false,
      'cache.size': 2,
    })
  })
}

test('readSection() takes a name with dots from a flag and from a variable', () => {
  const flags = { 'tree-cache-is-on': 'false' }
  const environment = { STELE_TREE_CACHE_SIZE: '3' }
  const read = readSection(dotted, sources({ flags, environment }))
  assert.deepEqual(read, { 'cache.isOn': false, 'cache.size': 3 })
})

const kinds: readonly (readonly [
  what: string,
  kind: Kind<unknown>,
  found: unknown,
  value: unknown,
])[] = [
  ['a port as text', port, '80', 80],
  ['a port too large', port, 65_536, undefined],
  ['a negative port', port, '-1', undefined],
  ['a port that is none', port, 'abc', undefined],
  ['half an integer', integer(0, 9), 1.5, undefined],
  ['an integer in exponents', integer(0, 1000), '1e2', undefined],
  ['true as text', toggle, 'true', true],
  ['yes for true', toggle, 'yes', undefined],
  ['a word', choice(['open', 'closed']), 'open', 'open'],
  ['another word', choice(['open', 'closed']), 'ajar', undefined],
  ['bytes', size(1, 1e9), 1024, 1024],
  ['bytes with a unit', size(1, 1e9), '64 MiB', 64 * 1024 * 1024],
  ['bytes with a unit, over the most', size(1, 1e9), '64 GiB', undefined],
  ['bytes with an unknown unit', size(1, 1e9), '64 parsecs', undefined],
  ['milliseconds', duration(0, 1e6), '250', 250],
  ['seconds', duration(0, 1e6), '30s', 30_000],
  ['an address', url, 'https://h.example/npm/', 'https://h.example/npm'],
  ['an address with a query', url, 'https://h.example/?a', undefined],
  ['an address with a password', url, 'https://a:b@h.example', undefined],
  ['an address of another kind', url, 'ftp://h.example', undefined],
  ['a word in place of an address', urlOr('npm'), 'npm', 'npm'],
  ['an address beside a word', urlOr('npm'), 'https://h.example/', 'https://h.example'],
  ['another word in place of an address', urlOr('npm'), 'npmm', undefined],
  ['a list as text', list(port), '1, 2 3', [1, 2, 3]],
  ['a list', list(port), [1, '2'], [1, 2]],
  ['an empty list', list(port), '', []],
  ['one thing for a list', list(port), 1, undefined],
  ['a list with a wrong member', list(port), [1, 'x'], undefined],
  ['too long a list', list(port), Array<number>(1001).fill(1), undefined],
  ['broken JSON', list(port), '[1', undefined],
]
for (const [what, kind, found, value] of kinds) {
  test(`a kind ${value === undefined ? 'refuses' : 'takes'} ${what}`, () => {
    const parse = (): unknown => kind.parse(found, { key: 'k', source: 'the test' })
    if (value !== undefined) assert.deepEqual(parse(), value)
    else assert.throws(parse, (error) => isSteleError(error, 'setting_invalid'))
  })
}

const refused: readonly (readonly [
  claim: string,
  members: Readonly<Record<string, unknown>>,
  key: string,
  near?: string,
])[] = [
  ['a misspelt key', { prot: 1 }, 'prot', 'port'],
  ['a key in the form of a flag', { 'public-url': 'x' }, 'public-url', 'publicUrl'],
  ['a key that is like no other', { colour: 1 }, 'colour'],
  ['a misspelt section', { porxy: {} }, 'porxy', 'proxy'],
  ['a misspelt part of a name with dots', { tree: { cahce: {} } }, 'tree.cahce', 'cache'],
  ['a misspelt end of one', { tree: { cache: { isOnn: 1 } } }, 'tree.cache.isOnn', 'isOn'],
  ['a misspelt name with dots', { 'tree.cache.izOn': 1 }, 'tree.cache.izOn', 'tree.cache.isOn'],
  ['an unknown key without a value', { colour: null }, 'colour'],
  ['a misspelt key of a section', { proxy: { upsteams: [] } }, 'proxy.upsteams', 'upstreams'],
]
for (const [claim, members, key, near] of refused) {
  test(`refuseUnknown() refuses ${claim}`, () => {
    assert.throws(
      () => refuseUnknown([top, nested, dotted], sources({ members })),
      (error) =>
        isSteleError(error, 'setting_unknown') &&
        error.details.key === key &&
        error.details.near === near,
    )
  })
}

test('refuseUnknown() refuses a value where an object is wanted', () => {
  for (const members of [{ proxy: 1 }, { tree: { cache: true } }]) {
    assert.throws(
      () => refuseUnknown([top, nested, dotted], sources({ members })),
      (error) => isSteleError(error, 'setting_invalid') && error.details.wanted.includes('object'),
    )
  }
})

test('refuseUnknown() refuses a misspelt variable, and lets those of other programs pass', () => {
  const refuse = (environment: SettingSources['environment']): void =>
    refuseUnknown([top, nested], sources({ environment }), ['CONFIG'])
  refuse({ STELE_SERVICE_HOST: 'x', STELE_CONFIG: 'x', STELE_PORT: '1', OTHER: 'x' })
  assert.throws(
    () => refuse({ STELE_PROT: '1' }),
    (error) => isSteleError(error, 'setting_unknown') && error.details.near === 'STELE_PORT',
  )
})

const faults: readonly (readonly [claim: string, upstreams: unknown, key: string])[] = [
  ['a wrong member', [{ name: 'one', url: 'nowhere' }], 'proxy.upstreams[0].url'],
  ['a missing member', [{ name: 'one' }], 'proxy.upstreams[0].url'],
  ['what is no object', [{ name: 'one', url: 'https://x.example' }, 7], 'proxy.upstreams[1]'],
  ['what is no list', 'one', 'proxy.upstreams[0]'],
]
for (const [claim, found, key] of faults) {
  test(`readSection() says where ${claim} of a list of objects stands`, () => {
    assert.throws(
      () => readSection(nested, sources({ members: { proxy: { upstreams: found } } })),
      (error) => isSteleError(error, 'setting_invalid') && error.details.key === key,
    )
  })
}

test('readSection() refuses an unknown member of an object in a list, with the nearest', () => {
  const upstreams = [{ name: 'one', ulr: 'https://x.example' }]
  assert.throws(
    () => readSection(nested, sources({ members: { proxy: { upstreams } } })),
    (error) =>
      isSteleError(error, 'setting_unknown') &&
      error.details.key === 'proxy.upstreams[0].ulr' &&
      error.details.near === 'url',
  )
})

test('flagOf() and variableOf() put the section in front', () => {
  assert.equal(flagOf('', 'publicUrl'), 'public-url')
  assert.equal(flagOf('proxy', 'maxBytes'), 'proxy-max-bytes')
  assert.equal(variableOf('proxy', 'maxBytes'), 'STELE_PROXY_MAX_BYTES')
})
