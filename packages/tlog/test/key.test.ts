import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeKey, formatTimed, isKeyName, readTimeS } from '../src/key.ts'
import { exampleNote } from './tables/log-vectors.ts'

const names = [
  ['example.com/foo', true],
  ['témoin.example', true],
  ['n'.repeat(255), true],
  ['', false],
  ['n'.repeat(256), false],
  ['é'.repeat(128), false],
  ['a b', false],
  ['a+b', false],
  ['a\nb', false],
  ['a\u0001b', false],
  ['a\u0085b', false],
  ['a\u00a0b', false],
  ['a\u3000b', false],
  ['a\ud800', false],
] as const
for (const [name, good] of names) {
  test(`isKeyName() is ${good} when the name is ${JSON.stringify(name.slice(0, 20))} of length ${name.length}`, () => {
    assert.equal(isKeyName(name), good)
  })
}

test("describeKey() gives the example's id and vkey", () => {
  const typed = Buffer.from(exampleNote.vkey.split('+').slice(2).join('+'), 'base64')
  const key = describeKey('example.com/foo', 0x01, typed.subarray(1))
  assert.equal(key.vkey, exampleNote.vkey)
  assert.equal(key.keyId, 0x530d903a)
})

test('describeKey() throws when the name cannot be one', () => {
  assert.throws(() => describeKey('a b', 0x01, new Uint8Array(32)), /Cannot name a key/)
})

test('readTimeS() gives what formatTimed() wrote', () => {
  for (const timeS of [0, 1, 1795000000, Number.MAX_SAFE_INTEGER]) {
    assert.equal(readTimeS(0x04, formatTimed(timeS, Uint8Array.of(1))), timeS)
    assert.equal(readTimeS(0x06, formatTimed(timeS, Uint8Array.of(1))), timeS)
  }
})

test('readTimeS() gives null when there is no time, or one over 2^53 - 1', () => {
  assert.equal(readTimeS(0x01, new Uint8Array(64)), null)
  assert.equal(readTimeS(0x04, new Uint8Array(7)), null)
  assert.equal(readTimeS(0x04, Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0, 1)), null)
})
