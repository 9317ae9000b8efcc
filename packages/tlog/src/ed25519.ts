// Ed25519: raw keys and seeds as Node wants them, and the plain note signature, type 0x01 (C2SP signed-note v1.0.0).
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto'
import {
  describeKey,
  type NoteSigner,
  type NoteText,
  type NoteVerifier,
  signatureTypes,
} from './key.ts'

/** The lengths of a raw key, a seed and a signature, in bytes. */
export const ed25519Sizes = { publicKey: 32, seed: 32, signature: 64 } as const

// RFC 8410: the DER of a key is one fixed prefix and its 32 bytes.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * A signer of notes from a 32-byte seed. A log's name is its origin. C2SP signed-note v1.0.0, type
 * 0x01.
 */
export function createEd25519Signer(name: string, seed: Uint8Array): NoteSigner {
  const pair = readEd25519Seed(seed)
  const verifier = createEd25519Verifier(name, pair.publicKey)
  const { keyId, vkey } = verifier
  const sign = (text: NoteText): Uint8Array => signWith(null, Buffer.from(text), pair.privateKey)
  return { name, keyId, vkey, verifier, sign }
}

/** A verifier of plain note signatures, from a raw key. */
export function createEd25519Verifier(name: string, publicKey: Uint8Array): NoteVerifier {
  const key = importEd25519(publicKey)
  return {
    ...describeKey(name, signatureTypes.ed25519, publicKey),
    verify: (text, signature) =>
      signature.length === ed25519Sizes.signature &&
      verifyWith(null, Buffer.from(text), key, signature),
  }
}

/** The public key of these 32 bytes. */
export function importEd25519(publicKey: Uint8Array): KeyObject {
  if (publicKey.length !== ed25519Sizes.publicKey) throw new Error('Cannot import the Ed25519 key')
  const der = Buffer.concat([spkiPrefix, publicKey])
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
}

type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: Uint8Array }

/** Of seeds that are still held somewhere: deriving a pair takes longer than signing with it. */
const pairs = new WeakMap<Uint8Array, KeyPair>()

/** The key pair of a seed of 32 bytes, its public key raw. Nobody may change the seed afterwards. */
export function readEd25519Seed(seed: Uint8Array): KeyPair {
  const known = pairs.get(seed)
  if (known !== undefined) return known
  const pair = derivePair(seed)
  pairs.set(seed, pair)
  return pair
}

function derivePair(seed: Uint8Array): KeyPair {
  if (seed.length !== ed25519Sizes.seed) throw new Error('Cannot use the Ed25519 seed')
  const der = Buffer.concat([pkcs8Prefix, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(spkiPrefix.length) }
}
