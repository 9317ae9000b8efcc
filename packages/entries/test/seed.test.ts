import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallBody, formatBody } from '../src/body.ts'
import { hashBody } from '../src/leaf.ts'
import { seedOf } from '../src/seed.ts'

const salt = new Uint8Array(32).fill(7)
const sender = { v: 1, origin: 'o', account: 'alice', seq: 1 } as const
const token: CallBody = { ...sender, via: { type: 'token' }, method: 'm', args: [] }
const via = { type: 'key', key: 'a'.repeat(64), notAfter: 5, signature: 'sig' } as const
const { signature: _signature, ...unsigned } = via

function seed(body: CallBody): Buffer {
  const hashed = hashBody(salt, Buffer.from(formatBody(body)))
  return Buffer.from(seedOf({ kind: 1, body }, salt, hashed))
}

const plain = Buffer.from(hashBody(salt, Buffer.from(formatBody(token))))
const rows: readonly [title: string, body: CallBody, wanted: Buffer][] = [
  ['the hash of the body where it has no oracles', token, plain],
  ['the same with oracles', { ...token, oracles: [{ value: 1 }] }, plain],
  [
    'the hash without its signature when the caller signed',
    { ...token, via },
    Buffer.from(hashBody(salt, Buffer.from(formatBody({ ...token, via: unsigned as typeof via })))),
  ],
]
for (const [title, body, wanted] of rows) {
  test(`seedOf() gives ${title}`, () => assert.deepEqual(seed(body), wanted))
}

test('seedOf() differs by arguments and by what a signed call says', () => {
  const others = [
    { ...token, args: [1] },
    { ...token, via },
    { ...token, via: { ...via, notAfter: 6 } },
  ].map((body) => seed(body).toString('hex'))
  assert.equal(new Set([plain.toString('hex'), ...others]).size, 4)
})
