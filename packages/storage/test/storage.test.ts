import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryProjection } from '@stele/registry'
import { bindProjection } from '@stele/replica'
import { openStorage } from '../src/storage.ts'
import { tempFolder } from './temp-folder.ts'

test('openStorage() opens nothing and makes nothing', (t) => {
  const storage = openStorage({ dir: tempFolder(t), publicFolder: true })
  assert.equal(storage.hasLog(), false)
})

test('openReads() gives the views once the home has brought them to where the log is', (t) => {
  const storage = openStorage({ dir: tempFolder(t), publicFolder: false })
  const reads = storage.openReads()
  t.after(reads.close)
  assert.equal(storage.hasLog(), true)
  assert.equal(reads.registryViews(), undefined)
  const home = storage.openHome({
    projections: (homes) => [bindProjection(registryProjection, homes.registry())],
  })
  t.after(home.close)
  const before = reads.version()
  for (const _ of home.replica.catchUp()) assert.fail('There is nothing to make')
  assert.deepEqual(reads.registryViews()?.starredBy('alice'), [])
  assert.notEqual(reads.version(), before)
})

test('openHome() makes no tables of the registry for a service that has no use for them', (t) => {
  const storage = openStorage({ dir: tempFolder(t), publicFolder: false })
  const home = storage.openHome({ projections: () => [] })
  t.after(home.close)
  const reads = storage.openReads()
  t.after(reads.close)
  assert.equal(reads.registryViews(), undefined)
})
