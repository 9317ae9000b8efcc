import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import {
  cosignedTimeS,
  createCosigner,
  createEd25519Signer,
  createMlDsaCosigner,
  verifyCheckpoint,
} from '../src/public/keys.ts'
import {
  cosignNote,
  formatNote,
  type NoteSignature,
  parseVkey,
  signNote,
} from '../src/public/notes.ts'
import { seedOf } from './sample-tree.ts'
import { checkpoint, vkeys } from './tables/format-vectors.ts'
import { origin, witnessName, witnessTimeS } from './tables/log-vectors.ts'

const [log, w1] = [parseVkey(vkeys.log), parseVkey(vkeys.w1)]
const { text } = checkpoint
const mlDsaLog = createMlDsaCosigner(origin, seedOf(3))
const clock = createCosigner(`${origin}/clock`, seedOf(4))
const namedAsLog = createCosigner(origin, seedOf(5))
const otherName = createEd25519Signer('example.com/other', seedOf(6))

test('verifyCheckpoint() gives the checkpoint and the cosignatures that hold', () => {
  const found = verifyCheckpoint(checkpoint.cosigned, [log, w1], origin)
  assert.equal(found.checkpoint.size, 5)
  assert.equal(found.verified.length, 2)
  assert.equal(cosignedTimeS(found.verified, witnessName), witnessTimeS)
  assert.equal(cosignedTimeS(found.verified, origin), null)
})

test('verifyCheckpoint() accepts an ML-DSA-44 signature of the log', () => {
  const note = formatNote(text, [cosignNote(text, mlDsaLog, witnessTimeS)])
  assert.equal(verifyCheckpoint(note, [mlDsaLog.verifier], origin).checkpoint.size, 5)
})

test('cosignedTimeS() gives the newest time when a cosigner signed twice', () => {
  const lines = [10, 30, 20].map((timeS) => cosignNote(text, clock, timeS))
  const signer = createEd25519Signer(origin, seedOf(7))
  const note = formatNote(text, [signNote(text, signer), ...lines])
  const { verified } = verifyCheckpoint(note, [log, clock.verifier], origin)
  assert.equal(cosignedTimeS(verified, clock.name), 30)
})

const keys = [log, w1, clock.verifier, namedAsLog.verifier, otherName.verifier]
const refused: readonly (readonly [string, NoteSignature[]])[] = [
  ['only a witness signed', [cosignNote(text, clock, 1)]],
  ['only a cosigner named as the log signed', [cosignNote(text, namedAsLog, 1)]],
  ['only a key of another name signed', [signNote(text, otherName)]],
]
for (const [why, lines] of refused) {
  test(`verifyCheckpoint() refuses when ${why}`, () => {
    assert.throws(
      () => verifyCheckpoint(formatNote(text, lines), keys, origin),
      (error) => isSteleError(error, 'note_unverified'),
    )
  })
}

test('verifyCheckpoint() refuses when the note is of another origin', () => {
  const other = text.replace('stele', 'other')
  const note = formatNote(other, [signNote(other, otherName)])
  assert.ok(verifyCheckpoint(note, keys, 'example.com/other'))
  assert.throws(
    () => verifyCheckpoint(note, keys, origin),
    (error) => isSteleError(error, 'note_unverified'),
  )
})

test('verifyCheckpoint() refuses a signed note when its text is no checkpoint', () => {
  const signer = createEd25519Signer(origin, seedOf(7))
  const note = formatNote('hello\n', [signNote('hello\n', signer)])
  assert.throws(
    () => verifyCheckpoint(note, [log], origin),
    (error) => isSteleError(error, 'checkpoint_invalid'),
  )
})
