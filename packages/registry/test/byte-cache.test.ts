// The bounded cache.
import assert from 'node:assert/strict'
import test from 'node:test'
import { createByteCache } from '../src/byte-cache.ts'

test('get() finds what was used last when others had to go', () => {
  const cache = createByteCache<string>(10_000)
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) cache.set(key, key, 900)
  cache.get('a')
  cache.set('i', 'i', 900)
  cache.set('j', 'j', 900)
  assert.deepEqual(
    ['a', 'b', 'c', 'i', 'j'].map((key) => cache.get(key)),
    ['a', undefined, 'c', 'i', 'j'],
  )
  assert.ok(cache.sizeBytes() <= 10_000)
})

test('set() keeps the size right when a key is set again', () => {
  const cache = createByteCache<number>(10_000)
  for (let time = 0; time < 20; time++) cache.set('a', time, 500)
  assert.equal(cache.get('a'), 19)
  assert.equal(cache.sizeBytes(), 702)
})

test('set() drops the old value and keeps nothing when the new one is too large', () => {
  const cache = createByteCache<number>(8000)
  cache.set('a', 1, 100)
  cache.set('a', 2, 2000)
  assert.equal(cache.get('a'), undefined)
  assert.equal(cache.sizeBytes(), 0)
})
