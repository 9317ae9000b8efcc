import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '@stele/formats/json'
import { compareWrites, formatEffects, parseEffects } from '../src/effects.ts'
import { vectors } from './vectors.ts'

vectors.entries.forEach((entry, index) => {
  test(`parseEffects() and formatEffects() are inverse for entry ${index} of the vectors`, () => {
    assert.equal(formatEffects(parseEffects(entry.effects)), entry.effects)
  })
})

const hash = 'a'.repeat(64)
const good = { changes: 1, ok: true, writes: [['/', 'a', hash]] }
const faults: readonly (readonly [string, unknown])[] = [
  ['ok is missing', { changes: 0, writes: [] }],
  [
    'there are both a result and an error',
    { ...good, result: 1, error: { name: 'a', message: 'b' } },
  ],
  ['a failure has a result', { ...good, ok: false, result: 1 }],
  ['the error has a stack', { ...good, ok: false, error: { name: 'a', message: 'b', stack: 'c' } }],
  ['a hash is short', { ...good, writes: [['/', 'a', 'ab']] }],
  ['a hash is in upper case', { ...good, writes: [['/', 'a', 'A'.repeat(64)]] }],
  [
    'writes are out of order',
    {
      ...good,
      writes: [
        ['/', 'b', hash],
        ['/', 'a', hash],
      ],
    },
  ],
  [
    'a field is written twice',
    {
      ...good,
      writes: [
        ['/', 'a', hash],
        ['/', 'a', null],
      ],
    },
  ],
  ['changes is negative', { ...good, changes: -1 }],
]
for (const [what, effects] of faults) {
  test(`parseEffects() throws entry_invalid when ${what}`, () => {
    assert.throws(() => parseEffects(canonicalJson(effects)), { code: 'entry_invalid' })
  })
}

test('compareWrites() orders by UTF-8 bytes, not by UTF-16 units', () => {
  const [low, high] = [
    { object: '/', field: '\uff5e' },
    { object: '/', field: '\u{1f600}' },
  ]
  assert.ok(compareWrites(low, high) < 0)
  assert.ok(compareWrites(high, low) > 0)
  assert.equal(compareWrites(low, low), 0)
})
