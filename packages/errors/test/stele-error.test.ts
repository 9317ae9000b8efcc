import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError, SteleError, toErrorBody } from '../src/index.ts'

test('SteleError carries code, status, message, fix and details', () => {
  const error = new SteleError('version_exists', { spec: 'a@1.0.0' })
  assert.equal(error.status, 409)
  assert.match(error.message, /^Cannot publish a@1\.0\.0: /)
  assert.ok(error.fix !== undefined && !error.fix.endsWith('.'))
  assert.ok(isSteleError(error, 'version_exists'))
  assert.ok(!isSteleError(error, 'name_invalid'))
})

test('SteleError refuses a wrong detail when it is compiled', () => {
  // @ts-expect-error -- The detail of this code is `spec`.
  void (() => new SteleError('version_exists', { name: 'a' }))
})

test('toErrorBody() is what npm prints, without credentials or control characters', () => {
  const secret = 'https://alice:secret@registry.example/\u001b[31m'
  const body = toErrorBody(new SteleError('server_unreachable', { url: secret, reason: 'refused' }))
  const text = JSON.stringify(body)
  assert.ok(!text.includes('secret'))
  assert.ok(!text.includes('\u001b') && !text.includes('\\u001b['.toUpperCase()))
  assert.equal(body.code, 'server_unreachable')
})
