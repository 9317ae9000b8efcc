import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecordBundle } from '../src/record-bundle.ts'
import { formatValues, parseValues, valueOf } from '../src/values.ts'
import { unhex, vectors } from './vectors.ts'

const records = parseRecordBundle(unhex(vectors.files['value/000.p/14'] ?? ''), 14)
vectors.entries.forEach((entry, index) => {
  test(`parseValues() gives the vector's values for entry ${index}`, () => {
    const record = records[index]
    if (record === null || record === undefined) {
      assert.equal(index, 1) // Withheld by entry 12.
      return
    }
    const values = parseValues(record)
    // The first value of entry 3 is withheld by entry 13.
    const written = index === 3 ? [{ withheld: true }, ...entry.values.slice(1)] : entry.values
    assert.deepEqual(
      values.map((value) =>
        'bytes' in value ? { hex: Buffer.from(value.bytes).toString('hex') } : value,
      ),
      written,
    )
    assert.deepEqual(Buffer.from(formatValues(values)), Buffer.from(record))
  })
})

const lengths: readonly (readonly [number, boolean])[] = [
  [0, false],
  [16_384, false],
  [16_385, true],
]
for (const [length, isBlob] of lengths) {
  test(`valueOf() gives ${isBlob ? 'a blob' : 'the bytes'} when the value has ${length} bytes`, () => {
    assert.equal('blob' in valueOf(new Uint8Array(length)), isBlob)
  })
}

const faults: readonly (readonly [string, string])[] = [
  ['a length is cut', '000000'],
  ['a value is cut', '0000000501'],
  ['a blob name is cut', 'fffffffe00'],
  ['a long value is in line', '00004001'],
]
for (const [what, hex] of faults) {
  test(`parseValues() throws entry_invalid when ${what}`, () => {
    assert.throws(() => parseValues(unhex(hex)), { code: 'entry_invalid' })
  })
}
