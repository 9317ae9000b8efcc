// Heavy work, one piece at a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeavyWork, heavyBytes } from '../src/server/heavy-work.ts'

test('createHeavyWork() runs what is heavy one after the other, in order, also when one fails, and what is light at once', async () => {
  const run = createHeavyWork()
  const said: string[] = []
  const first = Promise.withResolvers<void>()
  const work =
    (name: string, until: Promise<void> = Promise.resolve()) =>
    async (): Promise<string> => {
      said.push(`${name} begins`)
      await until
      said.push(`${name} ends`)
      if (name === 'a') throw new Error('It fails')
      return name
    }
  const heavy = [run(heavyBytes, work('a', first.promise)), run(heavyBytes, work('b'))]
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await run(heavyBytes - 1, work('light')), 'light')
  first.resolve()
  const outcomes = await Promise.allSettled(heavy)
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
  assert.deepEqual(said, ['a begins', 'light begins', 'light ends', 'a ends', 'b begins', 'b ends'])
})
