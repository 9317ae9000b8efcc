// Times, told by the rows of the state.

import assert from 'node:assert/strict'
import test from 'node:test'
import { historyOf } from '@stele/releases/checks'
import { createWorld, nameOf, rowsOf } from './world.ts'

test('historyOf() agrees with what is served when a star came last', async () => {
  const world = await createWorld()
  await world.publish('alice', { name: 'p', version: '1.0.0' })
  await world.publish('bob', { name: 'q', version: '1.0.0' })
  await world.publish('alice', { name: 'p', version: '1.1.0' })
  await world.registry.changeDocument('bob', nameOf('p'), { document: { users: { bob: true } } })
  const its = historyOf(rowsOf(world), 'p')
  const iso = (timeMs = 0): string => new Date(timeMs).toISOString()
  assert.deepEqual(world.read('p').time, {
    created: iso(its?.createdMs),
    modified: iso(its?.modifiedMs),
    '1.0.0': iso(its?.versions.get('1.0.0')?.timeMs),
    '1.1.0': iso(its?.versions.get('1.1.0')?.timeMs),
  })
  assert.equal(its?.entry, 5)
  assert.equal(its.versions.get('1.1.0')?.entry, 5)
  assert.equal(historyOf(rowsOf(world), 'none'), undefined)
})
