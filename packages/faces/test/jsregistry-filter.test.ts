import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFilter } from '../src/jsregistry/filter.ts'

const facts = { name: 'basemaps', version: '3.1.0', title: 'A "good" map', main: null }
const nameOnly = { name: 'basemaps' }

/** What a filter says of all facts, and of the name alone. */
const filters: readonly (readonly [filter: string, all: boolean, early: boolean | undefined])[] = [
  ['', true, true],
  ['name like "b*"', true, true],
  ['name like "*maps"', true, true],
  ['name like "b*e*a*s"', true, true],
  ['name like "*"', true, true],
  ['name like "basemaps"', true, true],
  ['name like "m*"', false, false],
  ['name like "basemaps*s"', false, false],
  ['name like "b*maps*maps"', false, false],
  ['name = "base*"', false, false],
  ['name != "map"', true, true],
  ['main = ""', true, undefined],
  ['title = "A \\"good\\" map"', true, undefined],
  ['name like "b*" and version = "3.1.0"', true, undefined],
  ['name like "x*" and version = "3.1.0"', false, false],
  ['name like "b*" or version = "1"', true, true],
  ['name like "x*" or version = "1"', false, undefined],
  ['not version = "1"', true, undefined],
  ['NOT (name = "a" OR name = "b") AND version LIKE "3.*"', true, undefined],
  ['name = "a" and name = "b" or name = "basemaps"', true, true],
  ['name = "a" and (name = "b" or name = "basemaps")', false, false],
]

for (const [filter, all, early] of filters) {
  test(`parseFilter() of ${filter || 'nothing'} takes a pack: ${all}, by its name alone: ${early}`, () => {
    const takes = parseFilter(filter)
    assert.equal(takes(facts), all)
    assert.equal(takes(nameOnly), early)
  })
}

const bad = [
  ['name', /is not one of =, != and like|wants a text/],
  ['name like', /wants a text in quotes/],
  ['name like b', /wants a text in quotes/],
  ['name like "b', /not understood/],
  ['name > "b"', /not understood/],
  ['name is "b"', /not one of =, != and like/],
  ['secret = "b"', /"secret" is not one of id, name/],
  ['name = "b" name = "c"', /goes on with "name"/],
  ['(name = "b"', /bracket is not closed/],
  ['name = "b")', /goes on with/],
  ['and', /is not one of id/],
  [`${'('.repeat(30)}name = "b"${')'.repeat(30)}`, /nested too deeply/],
  [`${'not '.repeat(30)}name = "b"`, /nested too deeply/],
  [`name = "${'b'.repeat(2000)}"`, /more than 1000 characters/],
] as const

for (const [filter, reason] of bad) {
  test(`parseFilter() refuses ${filter.slice(0, 40)}`, () => {
    assert.throws(() => parseFilter(filter), { code: 'request_invalid', message: reason })
  })
}
