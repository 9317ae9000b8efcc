// Templates that were just made, until they are read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReadyTemplates } from '../src/ready-templates.ts'

const made = (digest: string, size = 10): { digest: string; plain: Uint8Array } => ({
  digest,
  plain: Buffer.alloc(size, digest),
})

test('take() gives what was put last, once, and nothing that is not wanted any more', () => {
  const ready = createReadyTemplates(30)
  ready.put('a', 'full', made('1'))
  ready.put('a', 'full', made('2'))
  ready.put('a', 'abbreviated', made('3'))
  assert.deepEqual(ready.take('a', 'full', '2'), made('2').plain)
  assert.equal(ready.take('a', 'full', '2'), undefined)
  assert.equal(ready.take('a', 'abbreviated', '2'), undefined)
  assert.equal(ready.take('a', 'abbreviated', '3'), undefined)
})

test('put() lets the oldest go when they are too many bytes', () => {
  const ready = createReadyTemplates(30)
  for (const name of ['a', 'b', 'c']) ready.put(name, 'full', made('1'))
  ready.put('d', 'full', made('1', 20))
  assert.equal(ready.take('b', 'full', '1'), undefined)
  assert.deepEqual(ready.take('c', 'full', '1'), made('1').plain)
  assert.deepEqual(ready.take('d', 'full', '1'), made('1', 20).plain)
  ready.put('e', 'full', made('1', 31))
  assert.equal(ready.take('e', 'full', '1'), undefined)
})
