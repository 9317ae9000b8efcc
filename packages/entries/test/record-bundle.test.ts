import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatRecordBundle, parseRecordBundle } from '../src/record-bundle.ts'
import { unhex, vectors } from './vectors.ts'

for (const kind of ['body', 'effects', 'value']) {
  test(`parseRecordBundle() and formatRecordBundle() are inverse for the vectors' ${kind} bundle`, () => {
    const bytes = unhex(vectors.files[`${kind}/000.p/14`] ?? '')
    const records = parseRecordBundle(bytes, 14)
    assert.deepEqual(Buffer.from(formatRecordBundle(records)), bytes)
    assert.equal(records[1] === null, kind !== 'effects') // What the takedown of entry 12 withholds.
  })
}

test('parseRecordBundle() gives what formatRecordBundle() was given when records are any bytes', () => {
  const record = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 256 }), (records) => {
      const found = parseRecordBundle(formatRecordBundle(records), records.length)
      assert.deepEqual(
        found.map((part) => part && Uint8Array.from(part)),
        records,
      )
    }),
    { numRuns: 50 },
  )
})

const good = formatRecordBundle([Buffer.from('one'), null])
const faults: readonly (readonly [string, Uint8Array, number])[] = [
  ['a record is missing', good, 3],
  ['bytes are left over', good, 1],
  ['the last record is cut', good.subarray(0, 5), 1],
  ['a length is cut', good.subarray(0, 9), 2],
]
for (const [what, bytes, width] of faults) {
  test(`parseRecordBundle() throws entry_invalid when ${what}`, () => {
    assert.throws(() => parseRecordBundle(bytes, width), { code: 'entry_invalid' })
  })
}
