import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createCallClock, findOverdue, watchCalls } from '../src/verify/call-clock.ts'
import type { VerifyData } from '../src/verify/messages.ts'
import { createProgressLine } from '../src/verify/progress.ts'
import { parseCallTimeout } from '../src/verify/read-options.ts'
import { verifyInThread } from '../src/verify/run-in-thread.ts'

/** Enters a call as the thread of a script would, and never comes back from it. */
const endless = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { workerData } from 'node:worker_threads'
  const times = new Float64Array(workerData.data.calls)
  const [seconds, nanoseconds] = process.hrtime()
  times[2] = 7
  times[3] = seconds * 1000 + nanoseconds / 1e6
  for (;;) {}`)}`,
)

suite('a call that runs too long', () => {
  test('findOverdue() names the entry when its call has run for longer, in any thread', () => {
    const calls = createCallClock(3)
    assert.equal(findOverdue(calls, -1), undefined)
    const watch = watchCalls(calls, 2)
    watch.enter(7)
    assert.deepEqual([findOverdue(calls, -1), findOverdue(calls, 1e9)], [7, undefined])
    watch.leave()
    assert.equal(findOverdue(calls, -1), undefined)
  })

  test('verifyInThread() ends the threads and throws verify_impossible when a call never ends', async () => {
    const data: VerifyData = {
      role: 'verify',
      source: { kind: 'folder', path: '/none' },
      service: { kind: 'registry', bases: undefined },
      engines: [],
      calls: createCallClock(2),
      url: '/none',
      rules: [],
      contents: true,
      folders: { config: '/none', cache: '/none' },
      fresh: false,
      forget: false,
      callTimeoutMs: 1,
      threads: 1,
      main: endless.href,
    }
    const progress = createProgressLine({ write: () => undefined }, () => 0)
    const { signal: stop } = new AbortController()
    await assert.rejects(verifyInThread(data, { main: endless, stop, progress }), {
      code: 'verify_impossible',
      message: /entry 7 ran longer than 0.001 seconds/,
    })
  })

  test('parseCallTimeout() takes seconds, and throws usage_wrong when it is given anything else', () => {
    assert.deepEqual([parseCallTimeout('120'), parseCallTimeout(undefined)], [120_000, 30_000])
    for (const text of ['', '0', '-1', '1.5', 'x', '86401']) {
      assert.throws(
        () => parseCallTimeout(text),
        (error) => isSteleError(error, 'usage_wrong'),
      )
    }
  })
})
