import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns } from '../src/in-turns.ts'

for (const concurrency of [1, 2, 10]) {
  test(`inTurns() works on all, at most ${concurrency} at a time`, async () => {
    let [running, most] = [0, 0]
    const done: number[] = []
    await inTurns([1, 2, 3, 4, 5], concurrency, async (item) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running -= 1
      done.push(item)
    })
    assert.deepEqual(done, [1, 2, 3, 4, 5])
    assert.equal(most, Math.min(concurrency, 5))
  })
}

test('inTurns() begins nothing after a failure, and throws it when all that was begun has ended', async () => {
  const slow = Promise.withResolvers<void>()
  const ended: string[] = []
  const working = inTurns(['fails', 'slow', 'never'], 2, async (item) => {
    if (item === 'fails') throw new Error('no luck')
    await slow.promise
    ended.push(item)
  })
  slow.resolve()
  await assert.rejects(working, { message: 'no luck' })
  assert.deepEqual(ended, ['slow'])
})
