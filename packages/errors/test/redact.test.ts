import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeControls, escapeLine, isPlainLine, redact, redactLine } from '../src/redact.ts'

const texts: readonly (readonly [string, string])[] = [
  ['https://user:password@host/x', 'https://***@host/x'],
  ['"https://user:pass,word@host/x"', '"https://***@host/x"'],
  ['https://user:pass"word@host/x', 'https://***@host/x'],
  ['{"url":"http://host:80","scopes":["@work"]}', '{"url":"http://host:80","scopes":["@work"]}'],
  ['["http://host:80","@work"]', '["http://host:80","@work"]'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['//host/:_authToken=abc', '//host/:_authToken=***'],
  ['token stele_abcdefghij0123456789 end', 'token *** end'],
  ['a%20stele_abcdefghij0123456789', 'a%20***'],
  ['the package stele_helpers', 'the package stele_helpers'],
  ['line\u0007bell', 'line\\u0007bell'],
  ['line\nfeed\ttab', 'line\nfeed\ttab'],
  ['csi\u009b2J', 'csi\\u009b2J'],
  ['a\u202eb\u2066c\u2069', 'a\\u202eb\\u2066c\\u2069'],
  ['nothing to hide', 'nothing to hide'],
  ['Cannot find basic-auth', 'Cannot find basic-auth'],
]
for (const [text, wanted] of texts) {
  test(`redact() gives ${JSON.stringify(wanted)} for ${JSON.stringify(text)}`, () => {
    assert.equal(redact(text), wanted)
  })
}

test('redactLine() puts a space where redact() leaves a line feed', () => {
  assert.equal(redactLine('asked for\n\nVerified\u001b[0m'), 'asked for Verified\\u001b[0m')
})

test('isPlainLine() is false when a text holds a line break, a control or a change of direction', () => {
  for (const text of ['a\nb', 'a\tb', '\u001b[0m', '\u009b', '\u2028', '\u202e', '\u2069']) {
    assert.equal(isPlainLine(text), false, JSON.stringify(text))
  }
  for (const text of ['', 'asked for', 'gewünscht: “ja” — שלום']) assert.ok(isPlainLine(text))
})

test('escapeControls() leaves everything but controls as it is, credentials too', () => {
  const text = 'Your token:\n\tstele_abcdefghij0123456789\u001b[2K'
  assert.equal(escapeControls(text), 'Your token:\n\tstele_abcdefghij0123456789\\u001b[2K')
})

test('escapeLine() escapes line feeds too', () => {
  assert.equal(escapeLine('true #\n_auth=$(evil)\u001b[2K'), 'true #\\n_auth=$(evil)\\u001b[2K')
})
