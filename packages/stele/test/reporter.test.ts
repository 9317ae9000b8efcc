import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  createReporter,
  type Progress,
  progressText,
  type ReporterName,
} from '../src/client/reporter.ts'

const progress: Progress = { resolved: 312, fetched: 120, wanted: 300, fetchedBytes: 12_345_678 }

type Told = { readonly log: string; readonly data: string }

/** What a reporter writes when it is told a line, watches for this long, and ends. */
function told(
  name: ReporterName,
  isTerminal: boolean,
  watchedMs: number,
  context: TestTimers,
): Told {
  let [log, data, nowMs] = ['', '', 0]
  context.enable({ apis: ['setInterval'] })
  const reporter = createReporter(name, {
    log: (text) => void (log += text),
    data: (text) => void (data += text),
    isTerminal,
    nowMs: () => nowMs,
  })
  reporter.say('A line')
  {
    using _ = reporter.watch(() => progress)
    for (; nowMs < watchedMs; context.tick(100)) nowMs += 100
    reporter.say('Another')
  }
  context.reset()
  return { log, data }
}

type TestTimers = {
  readonly enable: (options: { apis: ['setInterval'] }) => void
  readonly tick: (ms: number) => void
  readonly reset: () => void
}

suite('createReporter()', () => {
  test('draws one line over itself for a person, and none before a moment has passed', (t) => {
    assert.equal(told('default', true, 200, t.mock.timers).log, 'A line\nAnother\n')
    const { log } = told('default', true, 500, t.mock.timers)
    const line = /\r\u001B\[K312 packages; fetched 120 of 300, 12\.3 MB, \d+\.\d MB\/s/
    assert.match(log, line)
    assert.match(log, /MB\/s\r\u001B\[KAnother\n$/, 'it is gone before anything else is said')
    assert.doesNotMatch(log.replace('A line\n', '').replace('Another\n', ''), /\n/)
  })

  test('says a line every ten seconds in a log', (t) => {
    assert.equal(told('default', false, 5000, t.mock.timers).log, 'A line\nAnother\n')
    const lines = told('append-only', true, 25_000, t.mock.timers).log.split('\n')
    assert.deepEqual(lines.filter((line) => line.startsWith('312 packages')).length, 2)
  })

  test('writes an event a line for programs, and nothing to the log', (t) => {
    const { log, data } = told('ndjson', true, 700, t.mock.timers)
    assert.equal(log, '')
    const events = data
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(events[0], { event: 'notice', text: 'A line' })
    assert.deepEqual(events[1], { event: 'start' })
    assert.deepEqual(events.at(-1), { event: 'progress', ...progress })
  })

  test('says nothing at all when it is silent', (t) => {
    assert.deepEqual(told('silent', true, 60_000, t.mock.timers), { log: '', data: '' })
  })
})

// resolved, fetched, wanted, bytes, milliseconds, text
const rows = [
  [0, 0, 0, 0, 400, 'Resolving'],
  [31, 0, 0, 0, 400, 'Resolving: 31 packages'],
  [0, 2, 9, 1_500_000, 500, 'Fetched 2 of 9, 1.5 MB, 3.0 MB/s'],
  [31, 2, 9, 1_500_000, 500, '31 packages; fetched 2 of 9, 1.5 MB, 3.0 MB/s'],
] as const
for (const [resolved, fetched, wanted, fetchedBytes, tookMs, text] of rows) {
  test(`progressText() is "${text}" after ${resolved} packages and ${fetched} of ${wanted} tarballs`, () => {
    assert.equal(progressText({ resolved, fetched, wanted, fetchedBytes }, tookMs), text)
  })
}
