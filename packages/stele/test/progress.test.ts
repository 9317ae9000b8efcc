import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createProgressLine, formatProgress } from '../src/verify/progress.ts'

suite('formatProgress()', () => {
  test('formatProgress() draws a bar and numbers within the columns', () => {
    const half = { phase: 'entries', done: 5, total: 10 } as const
    assert.equal(
      formatProgress(half, 60),
      `[${'#'.repeat(15)}${' '.repeat(15)}] 5 of 10 entries replayed`,
    )
    for (const columns of [1, 10, 30, 40, 80]) {
      assert.ok(formatProgress(half, columns).length < columns)
    }
    assert.match(formatProgress({ phase: 'served', done: 0, total: 0 }, 80), /0 of 0 packages/)
  })
})

suite('createProgressLine()', () => {
  const event = { phase: 'entries', done: 1, total: 2 } as const

  test('createProgressLine() writes nothing when it is not on a terminal', () => {
    const written: string[] = []
    const line = createProgressLine({ write: (text) => written.push(text) }, () => 1000)
    line.show(event)
    line.clear()
    assert.deepEqual(written, [])
  })

  test('createProgressLine() draws at most ten times a second, and clears the line', () => {
    const written: string[] = []
    let nowMs = 1000
    const terminal = { isTTY: true, columns: 40, write: (text: string) => written.push(text) }
    const line = createProgressLine(terminal, () => nowMs)
    line.show(event)
    line.show(event)
    nowMs += 100
    line.show(event)
    line.clear()
    assert.equal(written.length, 3)
    assert.ok(written.every((text) => text.startsWith('\r\u001b[2K')))
    assert.equal(written[2], '\r\u001b[2K')
  })
})
