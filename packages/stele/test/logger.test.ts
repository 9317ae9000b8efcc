import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../src/logger.ts'

test('createLogger() writes one JSON line an event, of its level and louder', () => {
  const lines: string[] = []
  const log = createLogger({ least: 'info', format: 'json', write: (line) => lines.push(line) })
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
  const log = createLogger({ least: 'info', format: 'json', write: (line) => lines.push(line) })
  const secret = 'stele_0123456789abcdefABCDEF'
  log('info', 'x', {
    a: `Bearer ${secret}`,
    b: `https://u:${secret}@host/`,
    c: `token ${secret} in text`,
  })
  assert.ok(!lines.join().includes(secret))
  assert.equal(JSON.parse(lines[0] ?? '').event, 'x')
})

// event, its facts, the line without its time
const texts: readonly (readonly ['info' | 'error', string, object, string])[] = [
  [
    'info',
    'access',
    { method: 'PUT', path: '/a', status: 201, account: 'alice' },
    'PUT /a 201, alice',
  ],
  ['info', 'access', { method: 'PUT', path: '/a', status: 403, code: 'x' }, 'PUT /a 403, x'],
  ['info', 'service_ready', { readOnly: undefined }, 'Service ready'],
  ['error', 'read_only', { reason: 'a\n12:00:00  b' }, 'ERROR Read only: reason a 12:00:00  b'],
  ['error', 'read_only', { reason: 'why' }, 'ERROR Read only: reason why'],
]
for (const [level, event, facts, wanted] of texts) {
  test(`createLogger() writes "${wanted}" when a person reads`, () => {
    const lines: string[] = []
    const log = createLogger({ least: 'info', format: 'text', write: (line) => lines.push(line) })
    log(level, event, { ...facts })
    assert.match(lines.join(''), /^\d\d:\d\d:\d\d  /)
    assert.equal(lines.join('').slice('00:00:00  '.length), `${wanted}\n`)
  })
}

test('createLogger() hides tokens in text, too, and keeps an event on one line', () => {
  const lines: string[] = []
  const log = createLogger({ least: 'info', format: 'text', write: (line) => lines.push(line) })
  log('info', 'x', { a: 'Bearer stele_0123456789abcdefABCDEF', b: 'one\rtwo' })
  assert.doesNotMatch(lines.join(''), /stele_0123|\r/)
})
