import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatToken,
  hashToken,
  isTokenText,
  previewToken,
  tokenRandomBytes,
} from '../src/token-text.ts'

const random = fc.uint8Array({ minLength: tokenRandomBytes, maxLength: tokenRandomBytes })

test('formatToken() makes 45 characters that no shell, URL or JSON changes', () => {
  fc.assert(
    fc.property(random, (bytes) => {
      const token = formatToken(bytes)
      assert.match(token, /^stele_[0-9A-Za-z]{39}$/)
      assert.ok(isTokenText(token))
    }),
  )
})

test('isTokenText() refuses a token with any character changed', () => {
  const token = formatToken(new Uint8Array(tokenRandomBytes).fill(7))
  for (let i = 0; i < token.length; i++) {
    const changed = token[i] === 'x' ? 'y' : 'x'
    assert.equal(isTokenText(token.slice(0, i) + changed + token.slice(i + 1)), false)
  }
})

test('isTokenText() refuses other lengths', () => {
  const token = formatToken(new Uint8Array(tokenRandomBytes))
  for (const text of ['', 'stele_', token.slice(0, -1), `${token}0`, `${token}\n`]) {
    assert.equal(isTokenText(text), false)
  }
})

test('previewToken() shows eight of the 39 characters', () => {
  const token = formatToken(new Uint8Array(tokenRandomBytes).fill(9))
  const { first, last } = previewToken(token)
  assert.ok(token.startsWith(first) && token.endsWith(last))
  assert.deepEqual([first.length, last.length], [10, 4])
})

test('hashToken() is SHA-256 of the text', () => {
  assert.equal(
    Buffer.from(hashToken('abc')).toString('hex'),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
