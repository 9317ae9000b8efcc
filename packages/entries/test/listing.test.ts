import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listingOf, parseListing } from '../src/listing.ts'

const rows: readonly (readonly [text: string, names: readonly string[] | undefined])[] = [
  [JSON.stringify(listingOf('/a', ['b', 'c/'])), ['b', 'c/']],
  ['{"entries":[]}', []],
  ['{"entries":["a",7]}', undefined],
  ['{"entries":{}}', undefined],
  ['["a"]', undefined],
  ['{', undefined],
  ['', undefined],
]
for (const [text, names] of rows) {
  test(`parseListing() gives ${JSON.stringify(names)} when the bytes are ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseListing(Buffer.from(text)), names)
  })
}
