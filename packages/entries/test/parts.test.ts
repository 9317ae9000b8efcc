import assert from 'node:assert/strict'
import { test } from 'node:test'
import { saltBytes } from '../src/limits.ts'
import { readPart, splitPart } from '../src/parts.ts'

const salt = Buffer.alloc(saltBytes, 7)

test('splitPart() cuts a part behind its salt', () => {
  const { salt: found, bytes } = splitPart(Buffer.concat([salt, Buffer.from('rest')]))
  assert.deepEqual([Buffer.from(found), Buffer.from(bytes)], [salt, Buffer.from('rest')])
})

test('readPart() gives the text to the byte, a byte order mark too', () => {
  const text = '\ufeff{"é":1}'
  assert.equal(readPart(Buffer.concat([salt, Buffer.from(text)])), text)
})

test('readPart() throws entry_invalid when the bytes are not UTF-8', () => {
  const part = Buffer.concat([salt, Buffer.from([0x7b, 0xff, 0x7d])])
  assert.throws(() => readPart(part), { code: 'entry_invalid' })
})
