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
  ['a kind is given another body', entryKinds.memory, call],
]
for (const [what, kind, body] of faults) {
  test(`parseBody() throws entry_invalid when ${what}`, () => {
    const text = canonicalJson(JSON.parse(JSON.stringify(body)))
    assert.throws(() => parseBody(kind, text), { code: 'entry_invalid' })
  })
}

test('parseBody() throws json_not_canonical when a space is added', () => {
  const text = (vectors.entries[1]?.body ?? '').replace(',', ', ')
  assert.throws(() => parseBody(entryKinds.call, text), { code: 'json_not_canonical' })
})
