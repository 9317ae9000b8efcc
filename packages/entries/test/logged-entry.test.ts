import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatEffects, hashValue } from '../src/effects.ts'
import { entryKinds, formatLeaf } from '../src/leaf.ts'
import { maxInlineValueBytes, saltBytes } from '../src/limits.ts'
import { readLogged } from '../src/logged-entry.ts'
import type { KeptEntry } from '../src/parts.ts'
import { formatValues, valueOf } from '../src/values.ts'

const zero = new Uint8Array(32)
const place = { index: 4, leafHash: zero }
const [short, long] = [Buffer.from('short'), Buffer.alloc(maxInlineValueBytes + 1, 'l')]

function kept(): KeptEntry {
  const writes = [
    ['/', 'gone', null],
    ['/', 'long', hashValue(long)],
    ['/', 'short', hashValue(short)],
  ] as const
  const effects = formatEffects({ ok: true, changes: 3, writes })
  const hashes = { bodyHash: zero, effectsHash: zero, stateRoot: zero }
  return {
    leaf: formatLeaf({ kind: entryKinds.memory, timeMs: 12, ...hashes }),
    body: Buffer.concat([
      new Uint8Array(saltBytes),
      Buffer.from(`{"sha256":"${'a'.repeat(64)}","v":1}`),
    ]),
    effects: Buffer.concat([new Uint8Array(saltBytes), Buffer.from(effects)]),
    values: formatValues([valueOf(long), valueOf(short)]),
  }
}

const gone = { object: '/', field: 'gone', value: null }
const blobs = (name: string): Uint8Array | undefined => {
  const value = valueOf(long)
  return 'blob' in value && value.blob === name ? long : undefined
}

test('readLogged() gives each write its value when the entry is whole', () => {
  const { timeMs, body, writes } = readLogged(kept(), place, blobs)
  assert.equal(timeMs, 12)
  assert.deepEqual(body, { v: 1, sha256: 'a'.repeat(64) })
  assert.deepEqual(
    writes.map(({ field, value }) => [field, value?.length]),
    [
      ['gone', undefined],
      ['long', long.length],
      ['short', short.length],
    ],
  )
})

const cases = [
  ['its values are withheld', { values: null }, ['gone']],
  [
    'one value is withheld',
    { values: formatValues([{ withheld: true }, valueOf(short)]) },
    ['gone', 'short'],
  ],
  ['its effects are withheld', { effects: null }, []],
] as const
for (const [state, change, fields] of cases) {
  test(`readLogged() leaves writes out when ${state}`, () => {
    const { writes } = readLogged({ ...kept(), ...change }, place, blobs)
    assert.deepEqual(
      writes.map(({ field }) => field),
      fields,
    )
    assert.deepEqual(writes[0], fields.length === 0 ? undefined : gone)
  })
}

test('readLogged() leaves a long value out when its blob was taken down', () => {
  const { writes } = readLogged(kept(), place, () => undefined)
  assert.deepEqual(
    writes.map(({ field }) => field),
    ['gone', 'short'],
  )
})

test('readLogged() says nothing of the body when it is withheld', () => {
  assert.equal(readLogged({ ...kept(), body: null }, place, blobs).body, null)
})
