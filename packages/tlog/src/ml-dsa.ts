// ML-DSA-44 (FIPS 204): raw keys and seeds as Node wants them.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** The lengths of a raw key, a seed and a signature, in bytes. */
export const mlDsa44Sizes = { publicKey: 1312, seed: 32, signature: 2420 } as const

// RFC 9881: the DER of a key is one fixed prefix and its bytes; a private key may be its seed alone.
const spkiPrefix = Buffer.from('30820532300b06096086480165030403110382052100', 'hex')
const pkcs8Prefix = Buffer.from('3034020100300b060960864801650304031104228020', 'hex')

/** The public key of these 1,312 bytes. */
export function importMlDsa44(publicKey: Uint8Array): KeyObject {
  if (publicKey.length !== mlDsa44Sizes.publicKey) throw new Error('Cannot import the ML-DSA key')
  const der = Buffer.concat([spkiPrefix, publicKey])
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
}

/** The key pair of a seed of 32 bytes, its public key raw. */
export function readMlDsa44Seed(seed: Uint8Array): {
  readonly privateKey: KeyObject
  readonly publicKey: Uint8Array
} {
  if (seed.length !== mlDsa44Sizes.seed) throw new Error('Cannot use the ML-DSA-44 seed')
  const der = Buffer.concat([pkcs8Prefix, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(spkiPrefix.length) }
}
