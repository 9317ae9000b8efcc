import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Packument } from '../src/packument.ts'
import { pickVersion } from '../src/pick-version.ts'
import { packumentOf } from './made-registry.ts'

const old = { engines: { node: '>=10' } }
const young = { engines: { node: '>=99' } }
const bad = { deprecated: 'Use something else' }
const plain = packumentOf('p', {
  '1.0.0': {},
  '1.1.0': {},
  '1.2.0': {},
  '2.0.0': {},
  '3.0.0-rc.1': {},
})
const withTags = (packument: Packument, tags: Packument['dist-tags']): Packument => ({
  ...packument,
  'dist-tags': { ...packument['dist-tags'], ...tags },
})

type Row = readonly [
  what: string,
  packument: Packument,
  wanted: string,
  picked: string | undefined,
  preferred?: readonly string[],
]
const rows: readonly Row[] = [
  ['an exact version', plain, '1.1.0', '1.1.0'],
  ['an exact version with a v', plain, 'v1.1.0', '1.1.0'],
  ['an exact version that is not there', plain, '1.1.1', undefined],
  ['a prerelease by its number', plain, '3.0.0-rc.1', '3.0.0-rc.1'],
  ['a tag', withTags(plain, { next: '3.0.0-rc.1' }), 'next', '3.0.0-rc.1'],
  ['a tag that is not there', plain, 'next', undefined],
  ['a tag that objects have by nature', plain, 'constructor', undefined],
  ['any version', plain, '*', '2.0.0'],
  [
    'any version, latest being a prerelease',
    withTags(plain, { latest: '3.0.0-rc.1' }),
    '*',
    '3.0.0-rc.1',
  ],
  [
    'a range that latest fits, though a higher version does too',
    withTags(plain, { latest: '1.1.0' }),
    '^1.0.0',
    '1.1.0',
  ],
  ['a range that latest does not fit', plain, '^1.0.0', '1.2.0'],
  ['a range that nothing fits', plain, '^9.0.0', undefined],
  ['a preferred version', plain, '^1.0.0', '1.1.0', ['1.1.0']],
  [
    'the highest of preferred versions that fit',
    plain,
    '^1.0.0',
    '1.1.0',
    ['1.0.0', '1.1.0', '2.0.0'],
  ],
  ['no preferred version that is gone', plain, '^1.0.0', '1.2.0', ['1.1.5']],
  ['what is not deprecated', packumentOf('p', { '1.0.0': {}, '1.1.0': bad }), '^1.0.0', '1.0.0'],
  [
    'what is deprecated, where all is',
    packumentOf('p', { '1.0.0': bad, '1.1.0': bad }),
    '^1.0.0',
    '1.1.0',
  ],
  ['what runs on this Node', packumentOf('p', { '1.0.0': old, '1.1.0': young }), '^1.0.0', '1.0.0'],
  [
    'what runs, deprecated or not',
    packumentOf('p', { '1.0.0': { ...old, ...bad }, '1.1.0': young }),
    '^1.0.0',
    '1.0.0',
  ],
  [
    'what does not run, where nothing does',
    packumentOf('p', { '1.0.0': young, '1.1.0': young }),
    '^1.0.0',
    '1.1.0',
  ],
]
for (const [what, packument, wanted, picked, preferred] of rows) {
  test(`pickVersion() picks ${what}: "${wanted}" is ${picked ?? 'nothing'}`, () => {
    const found = pickVersion(packument, wanted, { preferred, nodeVersion: '24.15.0' })
    assert.equal(found?.version, picked)
  })
}

test('pickVersion() picks nothing that is not allowed, of a tag the highest below it', () => {
  const isAllowed = ({ version }: { readonly version: string }): boolean => version !== '2.0.0'
  assert.equal(pickVersion(plain, '*', { isAllowed })?.version, '1.2.0')
  assert.equal(pickVersion(plain, 'latest', { isAllowed })?.version, '1.2.0')
  assert.equal(pickVersion(plain, '2.0.0', { isAllowed })?.version, '2.0.0')
})
