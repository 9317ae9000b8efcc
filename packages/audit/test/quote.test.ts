import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxQuoteLength } from '../src/limits.ts'
import { quoteDifference } from '../src/quote.ts'

test('quoteDifference() gives short texts as they are', () => {
  assert.deepEqual(quoteDifference('a', 'b'), { found: 'a', wanted: 'b' })
})

test('quoteDifference() cuts long texts to where they differ', () => {
  const same = 'x'.repeat(1000)
  const { found, wanted } = quoteDifference(`${same}one${same}`, `${same}two`)
  assert.match(found, /^…x+onex+…$/)
  assert.match(wanted, /^…x+two$/)
  assert.ok(found.length <= maxQuoteLength + 2)
})
