import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMismatches } from '../src/client/resolving/peer-advice.ts'

test('formatMismatches() says who wants which peer, and below the first of each peer the ways out', () => {
  const lines = formatMismatches([
    { by: 'plugin@1.0.0', name: 'host', wanted: '^17', found: 'host@18.2.0' },
    { by: '@a/other@2.0.0', name: 'host', wanted: '>=16 <18', found: 'host@18.2.0(deep@1.0.0)' },
    { by: '@a/other@2.0.0', name: '@b/tool', wanted: '1 || 2', found: '@b/tool@3.0.0' },
  ])
  assert.deepEqual(lines, [
    'plugin@1.0.0 wants the peer host@^17, and finds host@18.2.0',
    '@a/other@2.0.0 wants the peer host@>=16 <18, and finds host@18.2.0',
    '    stele update plugin                       where a newer one takes what is there',
    '    stele add host@^17                        for what it wants',
    '    "overrides":{"plugin":{"host":"18.2.0"}}  in package.json, where it works all the same',
    '@a/other@2.0.0 wants the peer @b/tool@1 || 2, and finds @b/tool@3.0.0',
    '    stele update @a/other                         where a newer one takes what is there',
    '    stele add @b/tool@2                           for what it wants',
    '    "overrides":{"@a/other":{"@b/tool":"3.0.0"}}  in package.json, where it works all the same',
  ])
})

test('formatMismatches() does not advise overrides where the peer is a folder of the workspace', () => {
  const lines = formatMismatches([
    { by: 'plugin@1.0.0', name: 'host', wanted: '^17', found: 'link:packages/host' },
  ])
  assert.deepEqual(lines, [
    'plugin@1.0.0 wants the peer host@^17, and finds link:packages/host',
    '    stele update plugin  where a newer one takes what is there',
    '    stele add host@^17   for what it wants',
  ])
})

test('formatMismatches() counts those that were so before, and tells of those that a change has to do with', () => {
  const old = { by: 'plugin@1.0.0', name: 'host', wanted: '^17', found: 'link:host' }
  const all = [old, { ...old, by: 'other@1.0.0', wanted: '>=16 <18' }]
  const first = 'other@1.0.0 wants the peer host@>=16 <18, and finds link:host'
  const [told, ...rest] = formatMismatches(all, new Set(['other']))
  assert.equal(told, first)
  assert.deepEqual(rest, [
    '    stele update other         where a newer one takes what is there',
    "    stele add 'host@>=16 <18'  for what it wants",
    'As before there is 1 peer that does not fit: "stele dedupe --dry-run" tells of all',
  ])
  assert.deepEqual(formatMismatches(all, new Set(['x'])), [
    'As before there are 2 peers that do not fit: "stele dedupe --dry-run" tells of all',
  ])
  assert.equal(formatMismatches(all, new Set(['host'])).length, 4)
})

test('formatMismatches() says nothing where all fits', () => {
  assert.deepEqual(formatMismatches([]), [])
})
