import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachParallel } from '../src/parallel.ts'

test('forEachParallel() runs as many at a time as the limit says', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  await forEachParallel([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    done.push(item)
  })
  assert.deepEqual([most, done.length], [2, 5])
})

test('forEachParallel() starts nothing more when one has failed', async () => {
  const started: number[] = []
  const work = async (item: number): Promise<void> => {
    started.push(item)
    if (item === 2) throw new Error('second')
  }
  await assert.rejects(forEachParallel([1, 2, 3, 4, 5, 6], 1, work), /second/)
  assert.deepEqual(started, [1, 2])
})
