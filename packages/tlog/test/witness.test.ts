import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createCosigner, createEd25519Signer, formatCheckpoint } from '../src/public/keys.ts'
import { formatNote, parseVkey, signNote } from '../src/public/notes.ts'
import { emptyRoot, type Hash, proveConsistency, treeRoot } from '../src/public/tree.ts'
import {
  type AddCheckpoint,
  decideAddCheckpoint,
  formatAddCheckpoint,
  formatSizeConflict,
  monitoringPath,
  parseAddCheckpoint,
  parseSizeConflict,
  type WitnessedLog,
} from '../src/public/witness.ts'
import { createSampleReader, flipBit, seedOf } from './sample-tree.ts'
import { addCheckpointBody, checkpoint, vkeys } from './tables/format-vectors.ts'
import { origin } from './tables/log-vectors.ts'

const read = createSampleReader()
const signer = createEd25519Signer(origin, seedOf(7))
const stranger = createEd25519Signer(origin, seedOf(8))

function logAt(size: number | null, root?: Hash): WitnessedLog {
  const latest = size === null ? null : { size, root: root ?? treeRoot(size, read) }
  return { verifiers: [parseVkey(vkeys.log)], latest }
}

type Parts = { size?: number; root?: Hash; proof?: readonly Hash[]; by?: typeof signer }

/**
 * A request for the sample tree, by its own log and with its own proof unless `parts` say
 * otherwise.
 */
function requestOf(oldSize: number, parts: Parts = {}): AddCheckpoint {
  const { size = 5, by = signer } = parts
  const text = formatCheckpoint({ origin, size, root: parts.root ?? treeRoot(size, read) })
  const fits = oldSize > 0 && oldSize < size
  const proof = parts.proof ?? (fits ? proveConsistency(oldSize, size, read) : [])
  const note = formatNote(text, [signNote(text, by)])
  return parseAddCheckpoint(formatAddCheckpoint({ oldSize, proof, note }))
}

test('parseAddCheckpoint() reads the vector, which formatAddCheckpoint() writes back', () => {
  const request = parseAddCheckpoint(addCheckpointBody)
  assert.equal(request.oldSize, 3)
  assert.equal(request.proof.length, 4)
  assert.equal(request.note, checkpoint.signed)
  assert.deepEqual([request.checkpoint.origin, request.checkpoint.size], [origin, 5])
  assert.equal(formatAddCheckpoint(request), addCheckpointBody)
  assert.deepEqual(decideAddCheckpoint(request, logAt(3)), {
    status: 200,
    checkpoint: request.checkpoint,
    text: checkpoint.text,
  })
})

const lie = flipBit(emptyRoot, 0)
const wide = proveConsistency(3, 5, read)
const decisions: readonly (readonly [string, number, AddCheckpoint, WitnessedLog | undefined])[] = [
  ['the log is new to it', 200, requestOf(0), logAt(null)],
  ['the tree grew', 200, requestOf(3), logAt(3)],
  ['the tree is the same', 200, requestOf(5), logAt(5)],
  ['the log is empty', 200, requestOf(0, { size: 0 }), logAt(null)],
  ['the log was empty', 200, requestOf(0), logAt(0)],
  ['the origin is unknown', 404, requestOf(3), undefined],
  ['another key signed', 403, requestOf(3, { by: stranger }), logAt(3)],
  ['another key signed and the old size is wrong', 403, requestOf(9, { by: stranger }), logAt(3)],
  ['the old size is over the new one', 400, requestOf(6), logAt(6)],
  ['the old size is over the new one and another', 400, requestOf(6), logAt(3)],
  ['the old size is behind', 409, requestOf(2), logAt(3)],
  ['the old size is ahead', 409, requestOf(4), logAt(3)],
  ['the witness is ahead of the tree', 409, requestOf(3), logAt(100)],
  ['the old size is 0 and the log known', 409, requestOf(0), logAt(3)],
  ['the log is new and the old size is not 0', 409, requestOf(3), logAt(null)],
  ['the proof is wrong', 422, requestOf(3, { proof: wide.toReversed() }), logAt(3)],
  ['the proof is missing', 422, requestOf(3, { proof: [] }), logAt(3)],
  ['the old root was another', 422, requestOf(3), logAt(3, lie)],
  ['the new root is another', 422, requestOf(3, { root: lie }), logAt(3)],
  ['one size has another root', 422, requestOf(5, { root: lie }), logAt(5)],
  ['one size has a proof', 422, requestOf(5, { proof: wide }), logAt(5)],
  ['the old size is 0 and has a proof', 422, requestOf(0, { proof: wide }), logAt(null)],
  ['size 0 has another root', 422, requestOf(0, { size: 0, root: lie }), logAt(null)],
]
for (const [why, status, request, log] of decisions) {
  test(`decideAddCheckpoint() answers ${status} when ${why}`, () => {
    const decision = decideAddCheckpoint(request, log)
    assert.equal(decision.status, status)
    if (decision.status === 409) assert.equal(decision.size, log?.latest?.size ?? 0)
  })
}

test('decideAddCheckpoint() answers 403 when only a cosigner named as the log signed', () => {
  const cosigner = createCosigner(origin, seedOf(7))
  const { text } = checkpoint
  const line = { ...signNote(text, signer), keyId: cosigner.keyId }
  const note = formatNote(text, [{ ...line, signature: cosigner.sign(text, 1) }])
  const request = parseAddCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], note }))
  const log = { verifiers: [cosigner.verifier], latest: null }
  assert.equal(decideAddCheckpoint(request, log).status, 403)
})

const hash = 'YcoROfaBWEHVuvLQ0tm9nf7pfImN1ve6DAqpQe5sAes='
const note = checkpoint.signed
const refused = [
  ['it is empty', ''],
  ['it has no old size', `\n${note}`],
  ['its old size has a leading zero', `old 03\n\n${note}`],
  ['its old size is negative', `old -3\n\n${note}`],
  ['its old size is over 2^53 - 1', `old 9007199254740992\n\n${note}`],
  ['its first line has two spaces', `old  3\n\n${note}`],
  ['its first line is another', `new 3\n\n${note}`],
  ['a hash is short', `old 3\nQQ==\n\n${note}`],
  ['a hash has no padding', `old 3\n${hash.slice(0, -1)}\n\n${note}`],
  ['a hash has trailing bits', `old 3\n${hash.replace('s=', 't=')}\n\n${note}`],
  ['it has 64 hashes', `old 3\n${`${hash}\n`.repeat(64)}\n${note}`],
  ['it has no empty line', 'old 3\n'],
  ['it has no note', 'old 3\n\n'],
  ['its note is not signed', `old 3\n\n${checkpoint.text}`],
  ['its checkpoint has an extension line', `old 3\n\n${note.replace('=\n\n', '=\nextension\n\n')}`],
  ['it is too long', `old 3\n\n${'x'.repeat(200_000)}`],
] as const
for (const [why, body] of refused) {
  test(`parseAddCheckpoint() throws an error of status 400 when ${why}`, () => {
    assert.throws(
      () => parseAddCheckpoint(body),
      (error) => isSteleError(error) && error.status === 400,
    )
  })
}

test('parseSizeConflict() reads what formatSizeConflict() wrote, and nothing else', () => {
  assert.equal(parseSizeConflict(formatSizeConflict(70000)), 70000)
  for (const body of ['', '5', '05\n', '5\n\n', '-5\n', '5 \n', '9007199254740992\n']) {
    assert.throws(
      () => parseSizeConflict(body),
      (error) => isSteleError(error, 'witness_request_invalid'),
    )
  }
})

test('monitoringPath() is the SHA-256 of the origin in hex', () => {
  assert.match(monitoringPath(origin), /^[0-9a-f]{64}\/checkpoint$/)
})
