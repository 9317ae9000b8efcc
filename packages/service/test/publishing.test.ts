import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import type { ServiceEvent } from '../src/ports.ts'
import { startPublishing } from '../src/publishing.ts'

type World = {
  readonly events: ServiceEvent[]
  readonly stopped: string[]
  runs: number
  readOnly: string | undefined
  nowMs: number
  /** What each wait was for, in milliseconds. */
  readonly waits: number[]
}

/** Publishing over a publisher that counts its runs, and fails with `error` where there is one. */
function publishingOf(readOnly: string | undefined, error?: Error, tookMs = 0) {
  const world: World = { events: [], stopped: [], runs: 0, readOnly, nowMs: 0, waits: [] }
  const publish = async (): Promise<void> => {
    world.runs++
    world.nowMs += tookMs
    if (error !== undefined) throw error
  }
  const writes = {
    get readOnly() {
      return world.readOnly
    },
    stopWrites: (reason: string) => void world.stopped.push(reason),
  }
  return {
    world,
    publishing: startPublishing({ publish }, writes, {
      timers: {
        after: (waitMs) => {
          world.waits.push(waitMs)
          return () => undefined
        },
        every: () => () => undefined,
      },
      nowMs: () => world.nowMs,
      report: (event) => world.events.push(event),
    }),
  }
}

test('stop() publishes what is left when the log takes writes', async () => {
  const { world, publishing } = publishingOf(undefined)
  await publishing.stop()
  assert.equal(world.runs, 1)
})

test('stop() publishes nothing when the log is read-only', async () => {
  const { world, publishing } = publishingOf('its entries are other ones')
  await publishing.stop()
  assert.equal(world.runs, 0)
})

test('stop() publishes nothing when the log became read-only since', async () => {
  const { world, publishing } = publishingOf(undefined)
  publishing.wake()
  world.readOnly = 'its head is neither'
  await publishing.stop()
  assert.equal(world.runs, 0)
})

test('stop() stops the writes when the folder is not the one of the log', async () => {
  const reason = 'it has 5 entries, and has published 7 already'
  const error = new SteleError('log_inconsistent', { origin: 'example.com', reason })
  const { world, publishing } = publishingOf(undefined, error)
  await publishing.stop()
  assert.deepEqual(world.stopped, [reason])
  assert.equal(world.events[0]?.event, 'folder_publish_failed')
})

test('stop() leaves the writes alone when a file cannot be written', async () => {
  const { world, publishing } = publishingOf(undefined, new Error('disk full'))
  await publishing.stop()
  assert.deepEqual(world.stopped, [])
  assert.deepEqual(world.events, [{ event: 'folder_publish_failed', reason: 'disk full' }])
})

// what a publication took, and what the next one waits, in milliseconds
for (const [tookMs, restMs] of [
  [5, 1_000],
  [200, 1_800],
  [60_000, 10_000],
] as const) {
  test(`wake() waits ${restMs} ms when the publication before took ${tookMs} ms`, async () => {
    const { world, publishing } = publishingOf(undefined, undefined, tookMs)
    await publishing.stop()
    publishing.wake()
    assert.deepEqual(world.waits, [restMs])
  })
}
