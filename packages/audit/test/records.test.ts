import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRecordBundle, parseRecordBundle } from '@stele/entries/parts'
import { formatEntryBundle, parseEntryBundle } from '@stele/tlog/tiles'
import fc from 'fast-check'
import { cutRecords } from '../src/records.ts'

const record = fc.uint8Array({ maxLength: 40 })

test('cutRecords() gives what the formats parse when a bundle is whole', () => {
  fc.assert(
    fc.property(fc.array(fc.option(record), { maxLength: 20 }), (records) => {
      const bundle = formatRecordBundle(records)
      const { items, leftOver } = cutRecords(bundle, 4, records.length)
      assert.deepEqual(items, parseRecordBundle(bundle, records.length))
      assert.equal(leftOver, 0)
    }),
  )
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (entries) => {
      const bundle = formatEntryBundle(entries)
      const { items } = cutRecords(bundle, 2, entries.length)
      assert.deepEqual(
        items.map((item) => [...(item ?? [])]),
        parseEntryBundle(bundle, entries.length).map((item) => [...item]),
      )
    }),
  )
})

test('cutRecords() gives the whole records before the place where a bundle is cut', () => {
  const bundle = formatRecordBundle([Buffer.from('one'), null, Buffer.from('two')])
  for (let length = 0; length < bundle.length; length++) {
    const { items } = cutRecords(bundle.subarray(0, length), 4, 3)
    assert.equal(items.length, length < 7 ? 0 : length < 11 ? 1 : 2)
  }
  assert.equal(cutRecords(bundle, 4, 1).leftOver, bundle.length - 7)
})
