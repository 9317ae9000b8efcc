// The memory of answers that nobody has read yet: bounded, and given up by whoever has held it for longest.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAnswerRoom } from '../src/rpc/answer-room.ts'

test('createAnswerRoom() cuts the connection whose answer has lain for longest, and frees all that it held', () => {
  const cut: string[] = []
  const room = createAnswerRoom(10)
  const [slow, fast] = ['slow', 'fast'].map((name) => room.open(() => cut.push(name)))
  slow?.hold(4)
  const release = fast?.hold(2)
  slow?.hold(4)
  assert.deepEqual([cut, room.heldBytes()], [[], 10])
  fast?.hold(1)
  assert.deepEqual([cut, room.heldBytes()], [['slow'], 3])
  release?.()
  release?.()
  assert.equal(room.heldBytes(), 1)
  fast?.end()
  assert.equal(room.heldBytes(), 0)
})

test('createAnswerRoom() never holds more than its limit, and nothing once all have ended', () => {
  const step = fc.record({
    who: fc.nat(3),
    bytes: fc.integer({ min: 1, max: 9 }),
    isRead: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const room = createAnswerRoom(10)
      const all = Array.from({ length: 4 }, () => room.open(() => undefined))
      for (const { who, bytes, isRead } of steps) {
        const release = all[who]?.hold(bytes)
        if (isRead) release?.()
        assert.ok(room.heldBytes() >= 0 && room.heldBytes() <= 10)
      }
      for (const one of all) one.end()
      assert.equal(room.heldBytes(), 0)
    }),
  )
})
