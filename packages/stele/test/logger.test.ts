import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../src/logger.ts'

test('createLogger() writes one JSON line an event, of its level and louder', () => {
  const lines: string[] = []
  const log = createLogger('info', (line) => lines.push(line))
  log('debug', 'commit', { size: 1 })
  log('info', 'listening', { url: 'http://localhost:1' })
  log('error', 'bug')
  assert.equal(lines.length, 2)
  const { time, ...facts } = JSON.parse(lines[0] ?? '')
  assert.deepEqual(facts, { level: 'info', event: 'listening', url: 'http://localhost:1' })
  assert.ok(Number.isFinite(Date.parse(time)))
})

test('createLogger() hides tokens and passwords, and stays JSON', () => {
  const lines: string[] = []
  const log = createLogger('info', (line) => lines.push(line))
  const secret = 'stele_0123456789abcdefABCDEF'
  log('info', 'x', {
    a: `Bearer ${secret}`,
    b: `https://u:${secret}@host/`,
    c: `token ${secret} in text`,
  })
  assert.ok(!lines.join().includes(secret))
  assert.equal(JSON.parse(lines[0] ?? '').event, 'x')
})
