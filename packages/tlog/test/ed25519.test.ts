import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importEd25519 } from '../src/ed25519.ts'
import { createEd25519Signer } from '../src/public/keys.ts'
import { flipBit, seedOf } from './sample-tree.ts'
import { checkpoint } from './tables/format-vectors.ts'
import { logLine, logSeed, logVkey, origin } from './tables/log-vectors.ts'

const signer = createEd25519Signer(origin, seedOf(logSeed))

test("createEd25519Signer() has the vector's vkey and makes the vector's signature", () => {
  assert.equal(signer.vkey, logVkey)
  assert.equal(signer.verifier.vkey, logVkey)
  const wanted = Buffer.from(logLine.trim().split(' ')[2] ?? '', 'base64').subarray(4)
  assert.deepEqual(Buffer.from(signer.sign(checkpoint.text)), wanted)
  assert.deepEqual(signer.sign(Buffer.from(checkpoint.text)), signer.sign(checkpoint.text))
})

test('verify() is false when any bit of the signature is turned, and for any other length', () => {
  const signature = signer.sign('text\n')
  assert.ok(signer.verifier.verify('text\n', signature))
  for (let bit = 0; bit < 512; bit++) {
    assert.ok(!signer.verifier.verify('text\n', flipBit(signature, bit)), `bit ${bit}`)
  }
  assert.ok(!signer.verifier.verify('text\n', signature.subarray(1)))
  assert.ok(!signer.verifier.verify('text\n', Buffer.concat([signature, Uint8Array.of(0)])))
  assert.ok(!signer.verifier.verify('text', signature))
})

test('createEd25519Signer(), importEd25519() throw when the length is not 32', () => {
  assert.throws(() => createEd25519Signer('a', new Uint8Array(31)), /Ed25519 seed/)
  assert.throws(() => importEd25519(new Uint8Array(33)), /Ed25519 key/)
})
