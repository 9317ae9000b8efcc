import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteleError } from '@stele/errors'
import { reasonOf, toReply } from '../src/error-reply.ts'

const noBug = (): string => assert.fail('no bug was expected')

function bodyOf(error: unknown, onBug: (error: unknown) => string = noBug): unknown {
  const { body } = toReply(error, onBug)
  return body instanceof Uint8Array ? JSON.parse(Buffer.from(body).toString()) : undefined
}

test('toReply() gives status, message, code, fix and details', () => {
  const error = new SteleError('unauthenticated', { reason: 'x' })
  assert.equal(toReply(error, noBug).status, 401)
  assert.deepEqual(bodyOf(error), {
    error: 'Log in first: run "npm login" (x)',
    message: 'Log in first: run "npm login" (x)',
    code: 'unauthenticated',
    details: { reason: 'x' },
  })
})

test('toReply() ends the text that clients print with what to do next', () => {
  const error = new SteleError('rate_limited', { what: 'log-ins', retryAfterS: 840 })
  const body = Object(bodyOf(error))
  assert.match(body.error, /\. Try again in 14 minutes$/)
  assert.deepEqual([body.message, body.fix], [body.error, 'Try again in 14 minutes'])
})

test('toReply() writes each member on a line of its own', () => {
  const { body } = toReply(new SteleError('audit_too_old', {}), String)
  assert.ok(body instanceof Uint8Array)
  const text = Buffer.from(body).toString()
  assert.match(text, /^\{\n {2}"error": .*\n {2}"code": "audit_too_old",\n[^]*\n\}\n$/)
})

test('toReply() sends Retry-After with every error that passes', () => {
  const headers = [
    new SteleError('rate_limited', { what: 'x', retryAfterS: 77 }),
    new SteleError('server_busy', { reason: 'x', retryAfterS: 9 }),
    new SteleError('commit_failed', { reason: 'x' }),
    new SteleError('not_found', { what: 'x' }),
  ].map((error) => toReply(error, noBug).headers['retry-after'])
  assert.deepEqual(headers, ['77', '9', '5', undefined])
})

test('toReply() says the size with 416, and never that an answer may be stored', () => {
  const { headers } = toReply(
    new SteleError('range_unsatisfiable', { range: 'x', sizeBytes: 10 }),
    noBug,
  )
  assert.equal(headers['content-range'], 'bytes */10')
  assert.equal(headers['cache-control'], 'no-store')
})

test('toReply() says nothing of a bug but its id', () => {
  const bug = new TypeError('secret detail')
  const seen: unknown[] = []
  const body = bodyOf(bug, (error) => {
    seen.push(error)
    return 'some-id'
  })
  assert.deepEqual(body, { error: 'Internal error', code: 'internal', id: 'some-id' })
  assert.deepEqual(seen, [bug])
})

for (const code of ['ENOSPC', 'EDQUOT']) {
  test(`toReply() answers 503 disk_full, and no bug, when the system says ${code}`, () => {
    const { status, body } = toReply(Object.assign(new Error('full'), { code }), () =>
      assert.fail(),
    )
    assert.equal(status, 503)
    assert.ok(body instanceof Uint8Array)
    assert.match(Buffer.from(body).toString(), /disk_full/)
  })
}

test('reasonOf() is one short line of printable ASCII, whatever the error says, and nothing of a bug', () => {
  const error = new SteleError('not_found', { what: `a\r\nX-Evil: é\u0000${'x'.repeat(9999)}` })
  assert.match(reasonOf(error) ?? '', /^Cannot find a[ -~]{227}$/)
  assert.equal(reasonOf(new Error('secret')), undefined)
})
