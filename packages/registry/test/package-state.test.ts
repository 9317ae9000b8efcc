// Reading the state of packages, and finding them in it.

import assert from 'node:assert/strict'
import test from 'node:test'
import {
  packageNames,
  packageObject,
  parsePackageObject,
  readLiveVersions,
  readTags,
} from '@stele/releases/state'
import { createWorld } from './world.ts'

const objects: readonly [object: string, place: object | undefined][] = [
  ['/packages/left-pad', { name: 'left-pad', part: '' }],
  ['/packages/@s%2Fp/tags', { name: '@s/p', part: 'tags' }],
  ['/packages/p/conflicts/1.0.0', { name: 'p', part: 'conflicts/1.0.0' }],
  ['/packages', undefined],
  ['/packagesx/p', undefined],
  ['/accounts', undefined],
  ['stele/log', undefined],
  ['/', undefined],
]
for (const [object, place] of objects) {
  test(`parsePackageObject() places ${object}`, () => {
    assert.deepEqual(parsePackageObject(object), place)
  })
}

test('packageObject() is the inverse of parsePackageObject() when names are odd', () => {
  for (const name of ['JSONStream', '@S/p.js', 'a~b', "it's", 'nul.x']) {
    assert.equal(parsePackageObject(packageObject(name))?.name, name)
  }
})

test('packageNames() and readLiveVersions() list what there is when a version was removed', async () => {
  const { publish, submit, system } = await createWorld()
  await publish('alice', { name: '@s/p', version: '1.0.0' })
  await publish('alice', { name: '@s/p', version: '1.1.0' })
  await publish('bob', { name: 'q', version: '1.0.0' })
  await submit({
    account: 'alice',
    via: 'token',
    method: 'unpublish',
    args: [{ name: '@s/p', versions: ['1.1.0'] }],
  })
  assert.deepEqual(packageNames(system.state), ['@s/p', 'q'])
  assert.deepEqual(readLiveVersions(system.state, '@s/p'), ['1.0.0'])
  assert.deepEqual([...readTags(system.state, '@s/p')], [['latest', '1.0.0']])
  assert.deepEqual(readLiveVersions(system.state, 'none'), [])
})
