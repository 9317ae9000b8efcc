import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseCoding } from '../src/negotiation.ts'

// What clients send (npm-wire H4), then what a hostile one might.
const codings: readonly (readonly [header: string | undefined, coding: 'gzip' | 'identity'])[] = [
  [undefined, 'identity'],
  ['gzip,deflate', 'gzip'],
  ['gzip,deflate,br', 'gzip'],
  ['gzip, deflate', 'gzip'],
  ['zstd,gzip,deflate', 'gzip'],
  ['gzip, deflate, br, zstd', 'gzip'],
  ['gzip/deflate', 'identity'],
  ['gzip;q=1.0, identity;q=0.5', 'gzip'],
  ['identity', 'identity'],
  ['', 'identity'],
  ['br, zstd', 'identity'],
  ['*', 'gzip'],
  ['*;q=0', 'identity'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip;q=0', 'identity'],
  ['gzip;q=0.000', 'identity'],
  ['gzip;q=0, *', 'identity'],
  ['gzip;q=0.5, identity;q=0.8', 'identity'],
  ['gzip;q=0.5, identity;q=0.5', 'gzip'],
  ['gzip;q=0.001', 'gzip'],
  ['gzip ; q=0.3', 'gzip'],
  ['gzip;Q=1', 'gzip'],
  ['gzip;q=2', 'identity'],
  ['gzip;q=nonsense', 'identity'],
  ['gzip;level=9', 'identity'],
  [',,;;=,', 'identity'],
  [`${'x,'.repeat(500)}gzip`, 'identity'],
]
for (const [header, coding] of codings) {
  test(`chooseCoding() gives ${coding} for ${JSON.stringify(header)?.slice(0, 40)}`, () => {
    assert.equal(chooseCoding(header), coding)
  })
}
