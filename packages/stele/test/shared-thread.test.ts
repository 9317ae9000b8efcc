import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ThreadEvent } from '@stele/service/thread'
import { type HearEvent, SharedThread } from '../src/vm/shared-thread.ts'

type Fake = { readonly report: HearEvent; isClosed: boolean }

/** A SharedThread of fakes, in the order of their start. */
function createWorld(): { readonly shared: SharedThread; readonly started: Fake[] } {
  const started: Fake[] = []
  const shared = new SharedThread((report) => {
    const fake: Fake = { report, isClosed: false }
    started.push(fake)
    const close = async (): Promise<void> => {
      fake.isClosed = true
    }
    return { open: () => assert.fail(), close }
  })
  return { shared, started }
}

const ignore: HearEvent = () => undefined

suite('SharedThread.use()', () => {
  test('gives the same thread to all, and ends it when the last has released it', async () => {
    const { shared, started } = createWorld()
    const [first, second] = [shared.use('a', ignore), shared.use('b', ignore)]
    assert.equal(first.thread, second.thread)
    await first.release()
    assert.deepEqual([started.length, started[0]?.isClosed], [1, false])
    await second.release()
    assert.equal(started[0]?.isClosed, true)
  })

  test('starts another thread when the one before is ending', async () => {
    const { shared, started } = createWorld()
    const first = shared.use('a', ignore)
    const ending = first.release()
    const second = shared.use('a', ignore)
    await ending
    assert.notEqual(first.thread, second.thread)
    assert.deepEqual([started[0]?.isClosed, started[1]?.isClosed], [true, false])
  })

  test('leaves the thread alone when somebody releases it twice', async () => {
    const { shared, started } = createWorld()
    const first = shared.use('a', ignore)
    shared.use('b', ignore)
    await first.release()
    await first.release()
    assert.equal(started[0]?.isClosed, false)
  })

  test('throws when the service has the thread already', () => {
    const { shared } = createWorld()
    shared.use('a', ignore)
    assert.throws(() => shared.use('a', ignore), /The service "a" has the thread already/)
  })

  test("tells each user of its own service's events and the thread's, until it has released it", async () => {
    const { shared, started } = createWorld()
    const heard: string[] = []
    const hearAs = (name: string): HearEvent => {
      return (event) => heard.push(`${name}: ${event.service ?? 'all'}`)
    }
    shared.use('a', hearAs('a'))
    const second = shared.use('b', hearAs('b'))
    const tell = (service?: string): void => {
      const event: ThreadEvent = { event: 'thread_suspended', reason: 'r' }
      started[0]?.report(service === undefined ? event : { ...event, service })
    }
    tell('b')
    tell('nobody')
    tell()
    await second.release()
    tell('b')
    tell()
    assert.deepEqual(heard, ['b: b', 'a: all', 'b: all', 'a: all'])
  })
})
