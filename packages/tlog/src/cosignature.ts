// Timestamped cosignatures of checkpoints: Ed25519, type 0x04 (C2SP tlog-cosignature v1.0.1), and ML-DSA-44, type 0x06
// (v1.1.0-rc.1).
import { sign as signWith, verify as verifyWith } from 'node:crypto'
import { isSteleError } from '@stele/errors'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { ed25519Sizes, importEd25519, readEd25519Seed } from './ed25519.ts'
import {
  type CosignatureSigner,
  describeKey,
  formatTimed,
  type NoteText,
  type NoteVerifier,
  readTimeS,
  type SignatureType,
  signatureTypes,
  timeSizeBytes,
} from './key.ts'
import { importMlDsa44, mlDsa44Sizes, readMlDsa44Seed } from './ml-dsa.ts'

const subtreeLabel = 'subtree/v1\n\0'

/**
 * A cosigner from a 32-byte Ed25519 seed, type 0x04. One key for each cosigner: what it signs does
 * not hold its name.
 */
export function createCosigner(name: string, seed: Uint8Array): CosignatureSigner {
  const { privateKey, publicKey } = readEd25519Seed(seed)
  const verifier = createCosignatureVerifier(name, publicKey)
  const sign = (text: NoteText, timeS: number): Uint8Array =>
    formatTimed(timeS, signWith(null, ed25519Message(text, timeS), privateKey))
  return { name, keyId: verifier.keyId, vkey: verifier.vkey, verifier, sign }
}

/**
 * A cosigner from a 32-byte ML-DSA-44 seed, type 0x06, which a log may also sign with. Its
 * signatures are randomised. `sign` throws `checkpoint_invalid`.
 */
export function createMlDsaCosigner(name: string, seed: Uint8Array): CosignatureSigner {
  const { privateKey, publicKey } = readMlDsa44Seed(seed)
  const verifier = createMlDsaVerifier(name, publicKey)
  const sign = (text: NoteText, timeS: number): Uint8Array => {
    const message = mlDsaMessage(name, parseCheckpoint(Buffer.from(text).toString()), timeS)
    return formatTimed(timeS, signWith(null, message, privateKey))
  }
  return { name, keyId: verifier.keyId, vkey: verifier.vkey, verifier, sign }
}

/** A verifier of cosignatures of type 0x04, from a raw key. */
export function createCosignatureVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  const key = importEd25519(publicKey)
  const type = signatureTypes.cosignature
  return {
    ...describeKey(name, type, publicKey),
    verify: (text, signature) => {
      const parts = takeApart(type, signature, ed25519Sizes.signature)
      if (parts === undefined) return false
      return verifyWith(null, ed25519Message(text, parts.timeS), key, parts.bare)
    },
  }
}

/**
 * A verifier of cosignatures of type 0x06, from a raw key. It refuses text that is no checkpoint.
 */
export function createMlDsaVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  const key = importMlDsa44(publicKey)
  const type = signatureTypes.mlDsa44
  return {
    ...describeKey(name, type, publicKey),
    verify: (text, signature) => {
      const parts = takeApart(type, signature, mlDsa44Sizes.signature)
      const checkpoint = checkpointOf(text)
      if (parts === undefined || checkpoint === undefined) return false
      return verifyWith(null, mlDsaMessage(name, checkpoint, parts.timeS), key, parts.bare)
    },
  }
}

/** What a cosignature of type 0x04 is over. */
function ed25519Message(text: NoteText, timeS: number): Uint8Array {
  return Buffer.concat([Buffer.from(`cosignature/v1\ntime ${timeS}\n`), Buffer.from(text)])
}

/** What a cosignature of type 0x06 is over: `cosigned_message` of the subtree [0, size). */
export function mlDsaMessage(name: string, checkpoint: Checkpoint, timeS: number): Uint8Array {
  const { origin, size, root } = checkpoint
  const parts = [Buffer.from(subtreeLabel), prefixed(name), u64(timeS), prefixed(origin)]
  return Buffer.concat([...parts, u64(0), u64(size), root])
}

function takeApart(
  type: SignatureType,
  signature: Uint8Array,
  bareSize: number,
): { readonly timeS: number; readonly bare: Uint8Array } | undefined {
  const timeS = readTimeS(type, signature)
  if (timeS === null || signature.length !== timeSizeBytes + bareSize) return undefined
  return { timeS, bare: signature.subarray(timeSizeBytes) }
}

function checkpointOf(text: NoteText): Checkpoint | undefined {
  try {
    return parseCheckpoint(Buffer.from(text).toString())
  } catch (error) {
    if (isSteleError(error, 'checkpoint_invalid')) return undefined
    throw error
  }
}

/** The text behind its length in one byte. Key names and origins have at most 255. */
function prefixed(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  return Buffer.concat([Uint8Array.of(bytes.length), bytes])
}

function u64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value), 0)
  return bytes
}
