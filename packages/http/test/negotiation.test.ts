import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Coding, chooseCoding, wantsFirst } from '../src/negotiation.ts'

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

const offers: readonly (readonly [header: string | undefined, coding: Coding])[] = [
  [undefined, 'identity'],
  ['gzip,deflate', 'gzip'],
  ['gzip,deflate,br', 'gzip'],
  ['zstd,gzip,deflate', 'zstd'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip/deflate', 'identity'],
  ['br', 'br'],
  ['br;q=1, gzip;q=0.5', 'br'],
  ['zstd;q=0.5, gzip', 'gzip'],
  ['zstd;q=0, gzip;q=0, br', 'br'],
  ['zstd;q=0.2, identity', 'identity'],
  ['*', 'gzip'],
  ['*;q=0, zstd', 'zstd'],
]
for (const [header, coding] of offers) {
  test(`chooseCoding() gives ${coding} of all for ${JSON.stringify(header)}`, () => {
    assert.equal(chooseCoding(header, ['zstd', 'gzip', 'br']), coding)
  })
}

const accepts: readonly (readonly [accept: string | undefined, wanted: boolean])[] = [
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
  ['text/html', true],
  ['TEXT/HTML;q=1', true],
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/json', false],
  ['application/json, text/html', false],
  ['application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*', false],
  ['text/htmlish', false],
]
for (const [accept, wanted] of accepts) {
  test(`wantsFirst() is ${wanted} for text/html when Accept is ${JSON.stringify(accept)}`, () => {
    assert.equal(wantsFirst(accept, 'text/html'), wanted)
  })
}
