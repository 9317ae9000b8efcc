import assert from 'node:assert/strict'
import { sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { importMlDsa44, mlDsa44Sizes, readMlDsa44Seed } from '../src/ml-dsa.ts'
import { sha256 } from '../src/public/tree.ts'
import { hex, seedOf } from './sample-tree.ts'
import { mlDsaKeySha256, mlDsaSeed } from './tables/log-vectors.ts'

test("readMlDsa44Seed() gives the vector's public key, which importMlDsa44() takes", () => {
  const { privateKey, publicKey } = readMlDsa44Seed(seedOf(mlDsaSeed))
  assert.equal(publicKey.length, mlDsa44Sizes.publicKey)
  assert.equal(hex(sha256(publicKey)), mlDsaKeySha256)
  const signature = sign(null, Buffer.from('text'), privateKey)
  assert.equal(signature.length, mlDsa44Sizes.signature)
  assert.ok(verify(null, Buffer.from('text'), importMlDsa44(publicKey), signature))
})

test('readMlDsa44Seed(), importMlDsa44() throw when the length is wrong', () => {
  assert.throws(() => readMlDsa44Seed(new Uint8Array(33)), /ML-DSA-44 seed/)
  assert.throws(() => importMlDsa44(new Uint8Array(1311)), /ML-DSA key/)
})
