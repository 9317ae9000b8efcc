import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLineWriter } from '../src/line-writer.ts'

test('createLineWriter() writes what one turn has written at once, in its order', () => {
  const written: string[] = []
  const turns: (() => void)[] = []
  const writer = createLineWriter(
    (text) => written.push(text),
    (flush) => turns.push(flush),
  )
  writer.write('one\n')
  writer.write('two\n')
  assert.deepEqual(written, [])
  assert.equal(turns.length, 1)
  turns.shift()?.()
  writer.write('three\n')
  turns.shift()?.()
  assert.deepEqual(written, ['one\ntwo\n', 'three\n'])
})

test('flush() writes what waits, which its turn then does not write again', () => {
  const written: string[] = []
  const turns: (() => void)[] = []
  const writer = createLineWriter(
    (text) => written.push(text),
    (flush) => turns.push(flush),
  )
  writer.write('last\n')
  writer.flush()
  turns.shift()?.()
  assert.deepEqual(written, ['last\n'])
})
