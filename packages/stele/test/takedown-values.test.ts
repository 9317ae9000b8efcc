// Which values of an entry a takedown may name, and what the operator is told of those that stay.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  compareWrites,
  type EntryValue,
  formatEffects,
  formatValues,
  hashValue,
  type KeptEntry,
} from '@stele/entries/parts'
import { findValues, refuseInUse } from '../src/server/takedown-values.ts'
import { createValuesInUse } from '../src/services/registry/values-in-use.ts'

type Row = readonly [object: string, field: string, value: string]
/** A row, or null as the value of a removed one. */
type Written = readonly [object: string, field: string, value: string | null]

const blob = 'ab'.repeat(64)
const version = ['/packages/a/versions', '1.0.0', '{"record":"personal"}'] as const
const contents = ['/packages/a/contents', '1.0.0', '{"sha512":"…"}'] as const
const origin = ['/packages/a', 'origin', 'hosted'] as const
const owner = ['/packages/a/owners', 'alice', 'owner'] as const
const latest = ['/packages/a/tags', 'latest', '1.0.0'] as const
const folder = ['/packages/a', 'tags/', ''] as const
const first: readonly Row[] = [folder, origin, contents, owner, latest, version]
const gone: Row = ['/packages/a/notices', '1.0.0', '{"gone":true}']

/** A registry in which entry 7 wrote these rows, and the state holds those; `asBlob` names a value that is a long one. */
function registryOf(
  written: readonly Written[],
  held: readonly Row[],
  taken: readonly number[] = [],
) {
  const rows = written.toSorted(([object, field], other) =>
    compareWrites({ object, field }, { object: other[0], field: other[1] }),
  )
  const writes = rows.map(
    ([object, field, text]) => [object, field, text === null ? null : hashOf(text)] as const,
  )
  const effects = Buffer.from(formatEffects({ ok: true, changes: 1, writes }))
  const texts = rows.flatMap(([, , text]) => text ?? [])
  const values = texts.map((text, position): EntryValue => {
    if (taken.includes(position)) return { withheld: true }
    return text === 'long' ? { blob } : { bytes: Buffer.from(text) }
  })
  const entry: KeptEntry = {
    leaf: new Uint8Array(),
    body: null,
    effects: Buffer.concat([new Uint8Array(32), effects]),
    values: formatValues(values),
  }
  const valuesInUse = createValuesInUse({
    entries: (start) => (start === 7 ? [entry] : []),
    rowsOfBlob: (name) =>
      name === blob
        ? held.flatMap(([object, field, text]) => (text === 'long' ? [{ object, field }] : []))
        : [],
    row: (object, field) => {
      const text = held.find((row) => row[0] === object && row[1] === field)?.[2]
      if (text === undefined) return undefined
      const value = text === 'long' ? { blob } : { bytes: Buffer.from(text) }
      return { hash: Buffer.from(hashOf(text), 'hex'), value }
    },
  })
  return { valuesInUse }
}

function hashOf(text: string): string {
  return hashValue(Buffer.from(text))
}

const staysOwner = {
  what: 'the owners of "a"',
  first: 'remove the owner first (npm owner rm)',
}
const staysOrigin = { what: 'the origin of "a"' }

// The positions are those of the written rows, sorted.
const finds: readonly (readonly [string, readonly Row[], readonly Row[], object])[] = [
  [
    'the first release of a package was removed',
    first,
    [folder, origin, owner, contents, version, gone],
    { writes: [2, 4, 5], named: 3, of: 6, stays: [staysOwner, staysOrigin] },
  ],
  [
    'its values were all written over',
    [gone],
    [['/packages/a/notices', '1.0.0', '{"gone":true,"deprecated":"x"}']],
    { stays: [] },
  ],
  [
    'a tag has moved on, and its release stays',
    [latest, version, contents],
    [['/packages/a/tags', 'latest', '1.0.1'], version, contents],
    {
      writes: [1],
      named: 1,
      of: 3,
      stays: [{ what: 'the release a@1.0.0', first: 'remove it first (stele takedown a@1.0.0)' }],
    },
  ],
  [
    'only the folder is as the entry left it',
    [folder, latest],
    [folder],
    { writes: [1], named: 1, of: 2, stays: [] },
  ],
]

const used: readonly (readonly [string, Row, readonly Row[], RegExp])[] = [
  ['an origin', origin, [], /the origin of "a"$/],
  ['an owner', owner, [], /the owners of "a"; remove the owner first \(npm owner rm\)/],
  ['a tag', latest, [], /the tags of "a"; point them to another version first/],
  ['what a release is', version, [], /the release a@1\.0\.0; remove it first \(stele takedown a@1/],
  ['what a tarball holds', contents, [], /the release a@1\.0\.0; remove it first/],
  ['a deprecation', ['/packages/a/notices', '1.0.0', '{"deprecated":"x"}'], [], /npm deprecate/],
  ['a removal', gone, [], /the notice that a@1\.0\.0 was removed$/],
  ['a star', ['/packages/a/stars', 'bob', ''], [], /the stars of "a"; take the star back first/],
  ['an account', ['/accounts', 'alice', 'active'], [], /the account "alice"$/],
  [
    'a reservation',
    ['/names', '@s%2F*', 'alice'],
    [],
    /of "@s\/\*"; end it first \(stele reserve remove '@s\/\*'\), then run this again$/,
  ],
  ['what other rules wrote', ['/x', 'y', 'z'], [], /the value of "y" in "\/x"$/],
  [
    'a long value that stands elsewhere',
    ['/x', 'y', 'long'],
    [['/z', 'y', 'long']],
    /"y" in "\/z"/,
  ],
]

suite('values in use', () => {
  for (const [title, written, held, wanted] of finds) {
    test(`findValues() leaves what the rules read when ${title}`, () => {
      const { part, ...found } = findValues(registryOf(written, held), 7)
      const { writes, ...rest } = { ...Object(wanted) }
      const whole = { entry: 7, part: 'values' }
      assert.deepEqual(part, writes === undefined ? whole : { ...whole, writes })
      assert.deepEqual(found, rest)
    })
  }

  for (const [title, row, held, reason] of used) {
    const registry = registryOf([row], held.length === 0 ? [row] : held)

    test(`findValues() throws takedown_refused when nothing is there but ${title}`, () => {
      assert.throws(() => findValues(registry, 7), { code: 'takedown_refused', message: reason })
    })

    for (const writes of [undefined, [0]]) {
      test(`refuseInUse() throws takedown_refused when ${writes ? 'a named value' : 'a value'} is ${title}`, () => {
        const part = { entry: 7, part: 'values', ...(writes && { writes }) } as const
        const refusal = { code: 'takedown_refused', message: reason }
        assert.throws(() => refuseInUse(registry, part), refusal)
        refuseInUse(registry, { entry: 7, part: 'values', writes: [1] })
        refuseInUse(registry, { entry: 7, part: 'body' })
      })
    }
  }

  for (const [title, row] of [
    ['a release', version],
    ['an origin', origin],
    ['an owner', owner],
    ['a tag', latest],
    ['a deprecation', ['/packages/a/notices', '1.0.0', '{"deprecated":"x"}']],
    ['a removal', gone],
    ['a star', ['/packages/a/stars', 'bob', '']],
    ['a folder of a package', folder],
  ] as const) {
    for (const [state, held, taken] of [
      ['which the state holds', [row], []],
      ['which the state holds no more', [], []],
      ['whose value was taken down', [], [0]],
    ] as const) {
      test(`refuseInUse() throws takedown_refused when the effects are those of ${title} ${state}`, () => {
        const part = { entry: 7, part: 'effects' } as const
        const message = /effects of entry 7: what the registry tells of "a" is made from them/
        const refusal = { code: 'takedown_refused', message }
        assert.throws(() => refuseInUse(registryOf([row], held, taken), part), refusal)
      })
    }
  }

  test('refuseInUse() throws takedown_refused when the effects removed a row of a package', () => {
    const part = { entry: 7, part: 'effects' } as const
    const registry = registryOf([['/packages/a/owners', 'alice', null]], [])
    assert.throws(() => refuseInUse(registry, part), { message: /tells of "a"/ })
  })

  test('refuseInUse() throws takedown_refused when effects outside packages name values in use, and takes the others', () => {
    const part = { entry: 7, part: 'effects' } as const
    const reserved: Row = ['/names', '@s%2F*', 'alice']
    const refusal = { code: 'takedown_refused', message: /without them .* uses the reservation of/ }
    assert.throws(() => refuseInUse(registryOf([reserved], [reserved]), part), refusal)
    refuseInUse(registryOf([reserved], []), part)
    refuseInUse(registryOf([['/accounts', 'x/', '']], [['/accounts', 'x/', '']]), part)
    refuseInUse(registryOf([], []), part)
  })

  test('refuseInUse() throws takedown_refused when a blob is what a release is', () => {
    const held: readonly Row[] = [['/packages/a/versions', '1.0.0', 'long']]
    const refusal = { code: 'takedown_refused', message: /the release a@1\.0\.0/ }
    assert.throws(() => refuseInUse(registryOf([], held), { blob }), refusal)
    refuseInUse(registryOf([], [...held, gone]), { blob })
    refuseInUse(registryOf([], held), { blob: 'cd'.repeat(64) })
  })

  test('findValues() counts what is left when values were taken down before', () => {
    const found = findValues(registryOf(first, [origin, folder, gone], [2, 4]), 7)
    assert.deepEqual([found['named'], found['of']], [2, 4])
  })

  test('findValues() leaves it to the takedown itself to refuse an entry that is not there', () => {
    const found = findValues(registryOf([], []), 9)
    assert.deepEqual(found, { part: { entry: 9, part: 'values' }, stays: [] })
  })

  test('findValues() throws takedown_refused when there is no value that was not taken down before', () => {
    const refusal = { code: 'takedown_refused', message: /no values that were not taken down/ }
    assert.throws(() => findValues(registryOf([], []), 7), refusal)
    assert.throws(() => findValues(registryOf([gone], [], [0]), 7), refusal)
  })

  test('findValues() throws takedown_refused when only a folder is left, which tells nothing', () => {
    const refusal = {
      code: 'takedown_refused',
      message: /what is left of them is empty, and tells/,
    }
    assert.throws(() => findValues(registryOf([folder], [folder]), 7), refusal)
  })
})
