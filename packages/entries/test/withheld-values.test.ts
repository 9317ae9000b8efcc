// What takedowns leave of value records: the format's own marks, in the places that are named, and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EffectWrite } from '../src/effects.ts'
import { type EntryValue, formatValues, parseValues } from '../src/values.ts'
import {
  isReducedRecord,
  namedValues,
  namedWrites,
  valueWrites,
  withholdValues,
  withoutPart,
} from '../src/withheld-values.ts'

const withheld: EntryValue = { withheld: true }
const bytes = (text: string): EntryValue => ({ bytes: Buffer.from(text) })
const values: readonly EntryValue[] = [bytes('a'), { blob: 'cd'.repeat(64) }, bytes('')]
const record = formatValues(values)
const hash = 'ab'.repeat(32)
const writes: readonly EffectWrite[] = [
  ['/', 'a', hash],
  ['/', 'b', null],
  ['/', 'c', hash],
  ['/x', 'd', hash],
]

test('valueWrites() counts the writes as the value record does when some are removals', () => {
  assert.deepEqual(
    valueWrites(writes).map(({ position, field }) => [position, field]),
    [
      [0, 'a'],
      [1, 'c'],
      [2, 'd'],
    ],
  )
})

for (const [title, named, left, fields] of [
  ['no writes', undefined, null, ['a', 'c', 'd']],
  ['the first', [0], [withheld, values[1], values[2]], ['a']],
  ['two', [1, 2], [values[0], withheld, withheld], ['c', 'd']],
  ['one that is not there', [7], values, []],
] as const) {
  const part = {
    entry: 1,
    part: 'values',
    ...(named === undefined ? {} : { writes: named }),
  } as const

  test(`withholdValues() leaves the others of the record when the part names ${title}`, () => {
    const found = withholdValues(part, record)
    const wanted = left?.flatMap((value) => value ?? []) ?? null
    assert.deepEqual(found, wanted === null ? null : formatValues(wanted))
    assert.equal(withholdValues(part, null), null)
  })

  test(`namedWrites() and namedValues() give what goes when the part names ${title}`, () => {
    assert.deepEqual(
      namedWrites(part, writes).map(({ field }) => field),
      fields,
    )
    assert.equal(namedValues(part, values).length, fields.length)
  })
}

test('withoutPart() leaves the other parts of an entry', () => {
  const entry = { leaf: Buffer.of(1), body: Buffer.of(2), effects: Buffer.of(3), values: record }
  assert.deepEqual(withoutPart(entry, { entry: 1, part: 'body' }), { ...entry, body: null })
  const some = withoutPart(entry, { entry: 1, part: 'values', writes: [0] })
  assert.deepEqual(some, { ...entry, values: formatValues([withheld, ...values.slice(1)]) })
})

const anyValue: fc.Arbitrary<EntryValue> = fc.oneof(
  fc.uint8Array({ maxLength: 8 }).map((some) => ({ bytes: Buffer.from(some) })),
  fc.constant({ blob: 'ef'.repeat(64) }),
  fc.constant(withheld),
)

test('isReducedRecord() is true exactly when each value is the same or withheld', () => {
  const pairs = fc.array(fc.tuple(anyValue, anyValue, fc.boolean()), { maxLength: 6 })
  fc.assert(
    fc.property(pairs, (some) => {
      const before = some.map(([value]) => value)
      const after = some.map(([value, other, isSame]) => (isSame ? value : other))
      const wanted = after.every(
        (value, i) =>
          'withheld' in value ||
          Buffer.compare(formatValues([value]), formatValues(before.slice(i, i + 1))) === 0,
      )
      assert.equal(isReducedRecord(formatValues(before), formatValues(after)), wanted)
    }),
  )
})

test('withholdValues() makes the same record of any takedowns in any order', () => {
  const some = fc.array(anyValue, { minLength: 1, maxLength: 6 })
  const named = fc.array(fc.nat(5), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(some, named, (all, positions) => {
      const take = (from: Uint8Array | null, position: number): Uint8Array | null =>
        withholdValues({ entry: 1, part: 'values', writes: [position] }, from)
      const [there, back] = [positions, positions.toReversed()].map((order) =>
        order.reduce<Uint8Array | null>(take, formatValues(all)),
      )
      assert.ok(there && back)
      assert.deepEqual(there, back)
      assert.equal(parseValues(there).length, all.length)
      assert.ok(isReducedRecord(formatValues(all), there))
    }),
  )
})
