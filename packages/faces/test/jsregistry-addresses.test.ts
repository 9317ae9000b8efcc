import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  distributionUrl,
  packageUrl,
  parseDistribution,
  versionUrl,
} from '../src/jsregistry/addresses.ts'

const tree = 'http://r.example/resources/jsregistry/root'
const addresses = [
  ['map', '3.1.0', '/map', '/map/3.1.0', '/map/-/map@3.1.0.tgz'],
  ['map', '3.1.0-SNAPSHOT', '/map', '/map/3.1.0-SNAPSHOT', '/map/-/map@3.1.0-SNAPSHOT.tgz'],
  ['@ct/map', '1.0.0', '/@ct/map', '/@ct/map/1.0.0', '/@ct/map/-/map@1.0.0.tgz'],
  [
    'kärte',
    '1.0.0+b',
    '/k%C3%A4rte',
    '/k%C3%A4rte/1.0.0%2Bb',
    '/k%C3%A4rte/-/k%C3%A4rte@1.0.0%2Bb.tgz',
  ],
] as const

for (const [name, version, ...wanted] of addresses) {
  test(`the addresses of ${name}@${version} are percent-encoded, and read as paths`, () => {
    const file = distributionUrl(tree, { name, version, type: 'tgz' })
    const found = [packageUrl(tree, name), versionUrl(tree, name, version), file]
    assert.deepEqual(
      found,
      wanted.map((path) => `${tree}${path}`),
    )
    const last = decodeURIComponent(file.slice(file.lastIndexOf('/') + 1))
    assert.deepEqual(parseDistribution(name, last), { version, type: 'tgz' })
  })
}

const files = [
  ['map', 'map@3.1.0.zip', { version: '3.1.0', type: 'zip' }],
  ['@ct/map', '@ct/map@1.0.0.tgz', { version: '1.0.0', type: 'tgz' }],
  ['map', 'map-3.1.0.tgz', undefined],
  ['map', 'mapper@3.1.0.tgz', undefined],
  ['map', 'map@3.1.0.exe', undefined],
  ['map', 'map@3.1.0', undefined],
] as const

for (const [name, file, wanted] of files) {
  test(`parseDistribution() of "${file}" gives ${JSON.stringify(wanted)}`, () => {
    assert.deepEqual(parseDistribution(name, file), wanted)
  })
}
