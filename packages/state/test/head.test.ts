import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCosigner, createEd25519Signer, formatCheckpoint } from '@stele/tlog/keys'
import { cosignNote, formatNote, signNote } from '@stele/tlog/notes'
import { parseProofFile } from '@stele/tlog/proofs'
import { createHashReader, hashLeaf, proveInclusion, treeRoot } from '@stele/tlog/tree'
import { clockName, formatHead, verifyHead } from '../src/index.ts'
import { origin, vectors, verifiers } from './spec-vectors.ts'

const leaves = vectors.entries.map(({ leaf }) => Buffer.from(leaf, 'hex'))
const size = leaves.length
const reader = createHashReader((level, start, count) => {
  assert.equal(level, 0)
  return leaves.slice(start, start + count).map(hashLeaf)
})
const root = treeRoot(size, reader)
const log = createEd25519Signer(origin, Buffer.alloc(32, 7))
const clock = createCosigner(clockName(origin), Buffer.alloc(32, 0x0c))
const keys = [log.verifier, clock.verifier]
const timeS = 1_795_000_000

type Change = {
  readonly index?: number
  readonly leaf?: Uint8Array
  readonly path?: readonly Uint8Array[]
  readonly withClock?: boolean
}

function headWith({ index = size - 1, withClock = true, ...change }: Change = {}): string {
  const text = formatCheckpoint({ origin, size, root })
  const signatures = [signNote(text, log)]
  if (withClock) signatures.push(cosignNote(text, clock, timeS))
  return formatHead({
    leaf: change.leaf ?? leaves[index] ?? new Uint8Array(0),
    index,
    path: change.path ?? proveInclusion(index, size, reader),
    checkpoint: formatNote(text, signatures),
  })
}

test('verifyHead() gives the last leaf, the checkpoint and the clock of spec/vectors.json', () => {
  const head = verifyHead(vectors.head, verifiers, origin)
  assert.equal(head.checkpoint.size, size)
  assert.deepEqual(Buffer.from(head.checkpoint.root), Buffer.from(root))
  assert.equal(Buffer.from(head.leaf.stateRoot).toString('hex'), vectors.entries.at(-1)?.stateRoot)
  assert.equal(head.clockS, 1_795_000_008)
})

test('formatHead() writes the bytes of spec/vectors.json', () => {
  const { index, path, checkpoint } = parseProofFile(vectors.head)
  const leaf = leaves.at(-1)
  assert.ok(leaf)
  assert.equal(formatHead({ leaf, index, path, checkpoint }), vectors.head)
  assert.equal(checkpoint, vectors.checkpoint)
})

test('verifyHead() accepts a head that was just made', () => {
  assert.equal(verifyHead(headWith(), keys, origin).clockS, timeS)
})

test('verifyHead() throws proof_invalid when the leaf is an earlier one, however well proven', () => {
  for (let index = 0; index < size - 1; index++) {
    assert.throws(() => verifyHead(headWith({ index }), keys, origin), {
      code: 'proof_invalid',
      message: new RegExp(`number ${index}, not the last of ${size}`),
    })
  }
})

test('verifyHead() throws proof_invalid when leaf or path are not the last leaf’s', () => {
  const last = leaves.at(-1) ?? Buffer.alloc(0)
  const other = Buffer.from(last)
  other[105]! ^= 1
  const wrong: Change[] = [
    { leaf: other },
    { leaf: last.subarray(0, 105) },
    { leaf: new Uint8Array(0) },
    { leaf: Buffer.concat([Buffer.of(2), last.subarray(1)]) },
    { path: [] },
    { path: proveInclusion(size - 1, size, reader).slice(1) },
  ]
  for (const change of wrong) {
    assert.throws(() => verifyHead(headWith(change), keys, origin), { code: 'proof_invalid' })
  }
})

test('verifyHead() throws note_unverified when log or clock has not signed', () => {
  const unsigned = { code: 'note_unverified' }
  assert.throws(() => verifyHead(headWith({ withClock: false }), keys, origin), {
    ...unsigned,
    message: /clock has not cosigned/,
  })
  assert.throws(() => verifyHead(headWith(), [log.verifier], origin), unsigned)
  assert.throws(() => verifyHead(headWith(), [clock.verifier], origin), unsigned)
  assert.throws(() => verifyHead(headWith(), [], origin), unsigned)
  assert.throws(() => verifyHead(headWith(), keys, 'example.com/other'), unsigned)
})

test('verifyHead() throws when any byte of a head has a bit flipped', () => {
  const bytes = Buffer.from(vectors.head)
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1 << (at % 7)
    assert.throws(() => verifyHead(flipped.toString('utf8'), verifiers, origin), {
      name: 'SteleError',
    })
  }
})
