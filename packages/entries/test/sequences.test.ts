import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Body, parseBody, rootsAccount } from '../src/body.ts'
import { Sequences } from '../src/sequences.ts'
import { vectors } from './vectors.ts'

test('accept() takes the numbers of the vectors, in their order', () => {
  const sequences = new Sequences(() => 0)
  for (const entry of vectors.entries) sequences.accept(parseBody(entry.kind, entry.body))
  assert.equal(sequences.last('alice'), 5)
  assert.equal(sequences.last('op'), 1)
  assert.equal(sequences.last(rootsAccount), 3)
  assert.equal(sequences.last(null), 1)
})

test('accept() throws entry_invalid when a number is left out', () => {
  const body: Body = parseBody(1, vectors.entries[2]?.body ?? '')
  assert.throws(() => new Sequences(() => 0).accept(body), { code: 'entry_invalid' })
})

test('next() goes on from the stored number', () => {
  const sequences = new Sequences((account) => (account === 'alice' ? 41 : 0))
  assert.equal(sequences.next('alice'), 42)
  assert.equal(sequences.next('alice'), 43)
  assert.equal(sequences.next('bob'), 1)
})
