import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pickVersion } from '@stele/resolve'
import type { Packument, Release } from '@stele/resolve/graph'
import { lazyPackument, lentPackument, readyOf } from '../src/lazy-packument.ts'

const release = (version: string, more: Partial<Release> = {}): Release => ({
  name: 'a',
  version,
  dist: { tarball: '' },
  ...more,
})
const whole: Packument = {
  name: 'a',
  'dist-tags': { latest: '2.0.0', next: '3.0.0-beta.1' },
  modified: '2020-01-01T00:00:00.000Z',
  time: { '1.0.0': '2019-01-01T00:00:00.000Z' },
  versions: {
    '1.0.0': release('1.0.0'),
    '1.2.0': release('1.2.0', { deprecated: 'no' }),
    '1.1.0': release('1.1.0', { engines: { node: '>=1' } }),
    '2.0.0': release('2.0.0'),
    '3.0.0-beta.1': release('3.0.0-beta.1'),
  },
}

/** As it comes back from a disk, and how often all of it was read. */
function lazy(used: readonly string[]): { packument: Packument; reads: () => number } {
  let reads = 0
  const ready = JSON.parse(JSON.stringify(readyOf(whole, used)))
  const readWhole = (): Packument => {
    reads += 1
    return whole
  }
  return { packument: lazyPackument(ready, readWhole), reads: () => reads }
}

test('lazyPackument() is the packument, whoever looks at whatever of it', () => {
  const { packument } = lazy([])
  assert.deepEqual({ ...packument.versions }, whole.versions)
  assert.deepEqual(Object.keys(packument.versions), Object.keys(whole.versions))
  assert.deepEqual(Object.values(packument.versions), Object.values(whole.versions))
  assert.deepEqual(packument['dist-tags'], whole['dist-tags'])
  assert.equal(packument.modified, whole.modified)
  assert.deepEqual(packument.time, whole.time)
  assert.equal(Object.hasOwn(packument.versions, '1.0.0'), true)
  for (const name of ['9.9.9', 'toString', '__proto__']) {
    assert.equal(Object.hasOwn(packument.versions, name), false)
    assert.equal(packument.versions[name], undefined)
  }
})

// what is wanted, the versions that are at hand, whether all is read
const rows: readonly (readonly [wanted: string, used: readonly string[], isRead: boolean])[] = [
  ['latest', [], false],
  ['*', [], false],
  ['^2.0.0', [], false],
  ['2.0.0', [], false],
  ['9.9.9', [], false],
  ['^9.0.0', [], false],
  ['next', [], true],
  ['next', ['3.0.0-beta.1'], false],
  ['1.0.0', ['1.0.0'], false],
  ['~1.1.0', ['1.1.0'], false],
  ['^1.0.0', ['1.1.0'], true],
  ['^1.0.0', ['1.1.0', '1.2.0'], false],
]
for (const [wanted, used, isRead] of rows) {
  test(`pickVersion() of a lazyPackument() reads ${isRead ? 'all' : 'nothing else'} when "${wanted}" is asked and ${used.join(' and ') || 'the latest'} is at hand`, () => {
    const { packument, reads } = lazy(used)
    assert.deepEqual(pickVersion(packument, wanted), pickVersion(whole, wanted))
    assert.equal(reads(), isRead ? 1 : 0)
    assert.deepEqual(pickVersion(packument, '1.2.0'), whole.versions['1.2.0'])
    assert.ok(reads() <= 1)
  })
}

test('readyOf() tells whether any version has attestations', () => {
  const attested = release('4.0.0', { dist: { tarball: '', attestations: {} } })
  const versions = { ...whole.versions, '4.0.0': attested }
  assert.equal(readyOf(whole, []).isAttested, false)
  assert.equal(readyOf({ ...whole, versions }, []).isAttested, true)
})

test('lentPackument() keeps what was used, and lets go of the rest', async () => {
  let reads = 0
  const readWhole = (): Packument => {
    reads += 1
    return structuredClone(whole)
  }
  const { versions } = lentPackument(structuredClone(whole), { used: ['1.0.0'], readWhole })
  assert.deepEqual(versions['1.1.0'], whole.versions['1.1.0'])
  await setImmediate() // What a weak reference gave stays until then.
  collectGarbage()
  for (const used of ['1.0.0', '1.1.0', '2.0.0']) {
    assert.deepEqual(versions[used], whole.versions[used])
  }
  assert.equal(reads, 0)
  assert.deepEqual(versions['1.2.0'], whole.versions['1.2.0'])
  assert.equal(reads, 1)
})

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
