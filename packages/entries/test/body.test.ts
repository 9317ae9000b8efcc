import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '@stele/formats/json'
import { formatBody, parseBody } from '../src/body.ts'
import { type EntryKind, entryKinds } from '../src/leaf.ts'
import { vectors } from './vectors.ts'

vectors.entries.forEach((entry, index) => {
  test(`parseBody() and formatBody() are inverse for entry ${index} of the vectors`, () => {
    assert.equal(formatBody(parseBody(entry.kind, entry.body).body), entry.body)
  })
})

const call = JSON.parse(vectors.entries[1]?.body ?? '')
const genesis = JSON.parse(vectors.entries[0]?.body ?? '')
const config = JSON.parse(vectors.entries[11]?.body ?? '')
const takedown = JSON.parse(vectors.entries[12]?.body ?? '')
const valuesOf = (writes: unknown): unknown => ({
  ...takedown,
  withhold: [{ entry: 1, part: 'values', writes }],
})
const faults: readonly (readonly [string, EntryKind, unknown])[] = [
  ['v is 2', entryKinds.call, { ...call, v: 2 }],
  ['a member is unknown', entryKinds.call, { ...call, extra: 1 }],
  ['seq is 0', entryKinds.call, { ...call, seq: 0 }],
  ['seq is half a number', entryKinds.call, { ...call, seq: 1.5 }],
  ['args is no list', entryKinds.call, { ...call, args: {} }],
  ['method is missing', entryKinds.call, { ...call, method: undefined }],
  ['via is unknown', entryKinds.call, { ...call, via: { type: 'magic' } }],
  ['via token has a key', entryKinds.call, { ...call, via: { type: 'token', key: 'x' } }],
  [
    'via key lacks its signature',
    entryKinds.call,
    { ...call, via: { type: 'key', key: '0'.repeat(64), notAfter: 1 } },
  ],
  ['account is a number', entryKinds.call, { ...call, account: 7 }],
  ['script is no blob name', entryKinds.genesis, { ...genesis, script: 'abc' }],
  ['a limit is text', entryKinds.genesis, { ...genesis, limits: { gas: 'much' } }],
  [
    'the threshold is over the keys',
    entryKinds.genesis,
    { ...genesis, roots: { keys: ['a'], threshold: 2 } },
  ],
  ['set names what is no setting', entryKinds.config, { ...config, set: { origin: 'x' } }],
  [
    'a withheld part is no part',
    entryKinds.takedown,
    { ...takedown, withhold: [{ entry: 1, part: 'leaf' }] },
  ],
  [
    'writes are named of a body',
    entryKinds.takedown,
    { ...takedown, withhold: [{ entry: 1, part: 'body', writes: [0] }] },
  ],
  [
    'writes are named of a blob',
    entryKinds.takedown,
    { ...takedown, withhold: [{ blob: 'ab'.repeat(64), writes: [0] }] },
  ],
  ['writes are no list', entryKinds.takedown, valuesOf(0)],
  ['writes are null', entryKinds.takedown, valuesOf(null)],
  ['writes name nothing', entryKinds.takedown, valuesOf([])],
  ['a write is named twice', entryKinds.takedown, valuesOf([1, 1])],
  ['writes are not ascending', entryKinds.takedown, valuesOf([0, 2, 1])],
  ['a write is negative', entryKinds.takedown, valuesOf([-1])],
  ['a write is half a number', entryKinds.takedown, valuesOf([0.5])],
  ['a write is text', entryKinds.takedown, valuesOf(['1'])],
  ['a write is a list', entryKinds.takedown, valuesOf([[1]])],
  ['a write is null', entryKinds.takedown, valuesOf([null])],
  ['writes are more than a call makes', entryKinds.takedown, valuesOf(upTo(10_001))],
  ['a kind is given another body', entryKinds.memory, call],
]
for (const [what, kind, body] of faults) {
  test(`parseBody() throws entry_invalid when ${what}`, () => {
    const text = canonicalJson(JSON.parse(JSON.stringify(body)))
    assert.throws(() => parseBody(kind, text), { code: 'entry_invalid' })
  })
}

test('parseBody() takes as many writes of values as a call makes', () => {
  const text = canonicalJson(JSON.parse(JSON.stringify(valuesOf(upTo(10_000)))))
  assert.equal(formatBody(parseBody(entryKinds.takedown, text).body), text)
})

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, position) => position)
}

test('parseBody() throws json_not_canonical when a space is added', () => {
  const text = (vectors.entries[1]?.body ?? '').replace(',', ', ')
  assert.throws(() => parseBody(entryKinds.call, text), { code: 'json_not_canonical' })
})
