import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from '../src/redact.ts'

const texts: readonly (readonly [string, string])[] = [
  ['https://user:password@host/x', 'https://***@host/x'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['//host/:_authToken=abc', '//host/:_authToken=***'],
  ['token stele_abcdefghij0123456789 end', 'token *** end'],
  ['a%20stele_abcdefghij0123456789', 'a%20***'],
  ['the package stele_helpers', 'the package stele_helpers'],
  ['line\u0007bell', 'line\\u0007bell'],
  ['line\nfeed\ttab', 'line\nfeed\ttab'],
  ['nothing to hide', 'nothing to hide'],
  ['Cannot find basic-auth', 'Cannot find basic-auth'],
]
for (const [text, wanted] of texts) {
  test(`redact() gives ${JSON.stringify(wanted)} for ${JSON.stringify(text)}`, () => {
    assert.equal(redact(text), wanted)
  })
}
