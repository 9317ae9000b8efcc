import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateReader } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { readContents, readNotices, readTags } from '@stele/releases/state'
import { createToldState } from '../src/told-state.ts'

const withheld: StateReader = {
  get: (object, field) => {
    if (field === 'next') return Buffer.from('1.0.0')
    if (field === 'broken') throw new Error('the disk is gone')
    throw new SteleError('value_withheld', { object, field, hash: '' })
  },
  list: (object) => (object.endsWith('/tags') ? ['latest', 'next'] : ['1.0.0']),
}

test('createToldState() is as if withheld values were not there when packages are read', () => {
  const state = createToldState(withheld)
  assert.deepEqual([...readTags(state, 'p')], [['next', '1.0.0']])
  assert.deepEqual([...readNotices(state, 'p')], [['1.0.0', { gone: false }]])
  assert.equal(readContents(state, 'p', '1.0.0'), undefined)
})

test('createToldState() hides no other failure', () => {
  assert.throws(() => createToldState(withheld).get('/', 'broken'), /the disk is gone/)
})
