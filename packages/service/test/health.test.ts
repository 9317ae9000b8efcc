import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHealthCheck } from '../src/thread/health.ts'

test('createHealthCheck() says that a service does not answer when its ping has none in time, until it has one', async () => {
  const pings: PromiseWithResolvers<void>[] = []
  const ping = (): Promise<void> => {
    const one = Promise.withResolvers<void>()
    pings.push(one)
    return one.promise
  }
  const notAnswering = createHealthCheck({ ping, oldestCallMs: () => 0, pingMs: 5 })
  const asked = Array.from({ length: 3 }, () => notAnswering())
  const late = 'it has not answered for 0.005 s'
  assert.deepEqual(await Promise.all(asked), [late, late, late])
  assert.equal(await notAnswering(), late)
  assert.equal(pings.length, 1, 'Whoever asks, one ping waits')
  pings[0]?.resolve()
  await pings[0]?.promise
  await Promise.resolve()
  const again = notAnswering()
  pings[1]?.reject(new Error('refused, which is an answer'))
  assert.equal(await again, undefined)
})

test('createHealthCheck() says that a service does not answer when a call waits for half a minute, though it takes pings', async () => {
  const ping = async (): Promise<void> => undefined
  const notAnswering = (oldestMs: number): Promise<string | undefined> =>
    createHealthCheck({ ping, oldestCallMs: () => oldestMs })()
  assert.equal(await notAnswering(29_000), undefined)
  assert.equal(await notAnswering(31_500), 'a call has waited for its answer for 31 s')
})
