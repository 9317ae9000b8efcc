import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { mlDsaMessage } from '../src/cosignature.ts'
import { createCosigner, createMlDsaCosigner, parseCheckpoint } from '../src/public/keys.ts'
import { cosignNote, formatSignatureLines, parseVkey } from '../src/public/notes.ts'
import { flipBit, hex, seedOf } from './sample-tree.ts'
import { checkpoint } from './tables/format-vectors.ts'
import {
  mlDsaKeyId,
  mlDsaMessageBytes,
  mlDsaName,
  mlDsaSeed,
  roots,
  witnessLine,
  witnessName,
  witnessSeed,
  witnessTimeS,
  witnessVkey,
} from './tables/log-vectors.ts'

const witness = createCosigner(witnessName, seedOf(witnessSeed))
const mlDsa = createMlDsaCosigner(mlDsaName, seedOf(mlDsaSeed))
const { text } = checkpoint

test("createCosigner() has the vector's vkey and makes the vector's line", () => {
  assert.equal(witness.vkey, witnessVkey)
  assert.equal(formatSignatureLines([cosignNote(text, witness, witnessTimeS)]), witnessLine)
})

test('createCosigner() makes cosignatures that fail when any bit is turned, also of the time', () => {
  const signature = witness.sign(text, witnessTimeS)
  assert.ok(witness.verifier.verify(text, signature))
  for (let bit = 0; bit < signature.length * 8; bit++) {
    assert.ok(!witness.verifier.verify(text, flipBit(signature, bit)), `bit ${bit}`)
  }
  assert.ok(!witness.verifier.verify(text, signature.subarray(0, 71)))
  assert.ok(!witness.verifier.verify(text.replace('5', '6'), signature))
})

test("createMlDsaCosigner() has the vector's key id, and its vkey verifies what it signs", () => {
  assert.equal(mlDsa.keyId, mlDsaKeyId)
  const signature = mlDsa.sign(text, witnessTimeS)
  assert.equal(signature.length, 8 + 2420)
  assert.ok(parseVkey(mlDsa.vkey).verify(text, signature))
  assert.ok(mlDsa.verifier.verify(Buffer.from(text), signature))
})

test('createMlDsaCosigner() makes cosignatures that fail when a bit is turned or the text differs', () => {
  const signature = mlDsa.sign(text, witnessTimeS)
  for (let bit = 0; bit < signature.length * 8; bit += bit < 64 ? 1 : 97) {
    assert.ok(!mlDsa.verifier.verify(text, flipBit(signature, bit)), `bit ${bit}`)
  }
  assert.ok(!mlDsa.verifier.verify(text, signature.subarray(1)))
  const others = [
    text.replace('stele', 'steles'),
    text.replace('\n5\n', '\n6\n'),
    text.replace('fK', 'fL'),
  ]
  for (const other of others) assert.ok(!mlDsa.verifier.verify(other, signature), other)
})

test('createMlDsaCosigner() binds the name of the cosigner', () => {
  const renamed = createMlDsaCosigner('witness.example/pq2', seedOf(mlDsaSeed))
  assert.ok(!renamed.verifier.verify(text, mlDsa.sign(text, witnessTimeS)))
})

test('verify() is false, and sign() throws, when an ML-DSA-44 key meets text that is no checkpoint', () => {
  const signature = mlDsa.sign(text, witnessTimeS)
  assert.ok(!mlDsa.verifier.verify('text\n', signature))
  assert.ok(!mlDsa.verifier.verify(`${text}extension\n`, signature))
  assert.throws(
    () => mlDsa.sign('text\n', 0),
    (error) => isSteleError(error, 'checkpoint_invalid'),
  )
})

test('mlDsaMessage() lays out cosigned_message when the size is 70,000', () => {
  const root = roots[8][1]
  const large = { ...parseCheckpoint(text), size: 70000, root: Buffer.from(root, 'hex') }
  const message = mlDsaMessage(mlDsaName, large, witnessTimeS)
  assert.equal(message.length, mlDsaMessageBytes)
  const hexOf = (part: string): string => Buffer.from(part).toString('hex')
  const wanted = [
    '737562747265652f76310a00',
    `13${hexOf('witness.example/pq1')}`,
    '000000006afd86c0',
    `11${hexOf('example.com/stele')}`,
    '0000000000000000',
    '0000000000011170',
    root,
  ]
  assert.equal(hex(message), wanted.join(''))
})
