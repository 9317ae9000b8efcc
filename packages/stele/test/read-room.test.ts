import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { maxReadBytes, maxReadParts } from '../src/vm/limits.ts'
import { createReadRoom } from '../src/vm/read-room.ts'

const asked = { url: 'http://service', instead: 'stele clone' }
const tooLarge = { code: 'read_too_large', details: asked }

suite('createReadRoom()', () => {
  test('take() throws read_too_large when there is one byte more than a program reads', () => {
    const { take } = createReadRoom(asked)
    take(maxReadBytes - 1, 0)
    take(1, 0)
    assert.throws(() => take(1, 0), tooLarge)
  })

  test('take() throws read_too_large when there is one part more, however small they are', () => {
    const { take } = createReadRoom(asked)
    take(0, maxReadParts)
    assert.throws(() => take(0, 1), tooLarge)
  })
})
