import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpLoudness, serviceLoudness } from '../src/server/loudness.ts'

// method, status, code of the error, how loud
const accesses = [
  ['GET', 200, undefined, 'debug'],
  ['GET', 404, 'package_not_found', 'debug'],
  ['GET', 500, 'internal', 'error'],
  ['PUT', 201, undefined, 'info'],
  ['PUT', 403, 'rule_refused', 'info'],
  ['POST', 404, 'not_offered', 'debug'],
  ['POST', 503, 'server_busy', 'error'],
] as const
for (const [method, status, code, wanted] of accesses) {
  test(`httpLoudness() is ${wanted} when ${method} is answered ${status}${code === undefined ? '' : ` ${code}`}`, () => {
    const facts = { path: '/', durationMs: 1, client: '', sizeBytes: 0, notes: {} }
    const event = { type: 'access', method, status, ...facts } as const
    assert.equal(httpLoudness(code === undefined ? event : { ...event, code }), wanted)
  })
}

test('serviceLoudness() is error for trouble, debug for each commit', () => {
  assert.equal(serviceLoudness('read_only'), 'error')
  assert.equal(serviceLoudness('commit'), 'debug')
  assert.equal(serviceLoudness('script_print'), 'info')
})
