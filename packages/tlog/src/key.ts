// Keys of signed notes: names, ids, and what a verifier and a signer are (C2SP signed-note v1.0.0).
import { encodeBase64 } from './canonical-text.ts'
import { sha256 } from './hash.ts'
import { maxKeyNameBytes } from './limits.ts'

/** The signature types that this package knows: Ed25519, and the two timestamped cosignatures. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04, mlDsa44: 0x06 } as const

/** The number of a known signature type. */
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes]

/**
 * The text that is signed: that of a note, newline at its end included; as text or as its UTF-8
 * bytes.
 */
export type NoteText = string | Uint8Array

/**
 * A public key that checks signatures. `keyId` is a u32; `vkey` is its text form, which `parseVkey`
 * reads; `publicKey` is raw.
 */
export type NoteVerifier = {
  readonly name: string
  readonly keyId: number
  readonly vkey: string
  readonly type: SignatureType
  readonly publicKey: Uint8Array
  /**
   * True when `signature` (what follows the key id, for a cosignature with its time) is this key's
   * over the text. Never throws.
   */
  readonly verify: (text: NoteText, signature: Uint8Array) => boolean
}

/** A private key that signs notes. */
export type NoteSigner = {
  readonly name: string
  readonly keyId: number
  readonly vkey: string
  readonly verifier: NoteVerifier
  /** The signature over the text: what follows the key id. */
  readonly sign: (text: NoteText) => Uint8Array
}

/** A private key that cosigns checkpoints. */
export type CosignatureSigner = {
  readonly name: string
  readonly keyId: number
  readonly vkey: string
  readonly verifier: NoteVerifier
  /**
   * The cosignature of the checkpoint's text at a time in seconds since 1970: what follows the key
   * id, u64 time first.
   */
  readonly sign: (checkpointText: NoteText, timeS: number) => Uint8Array
}

/** Whether a log can sign with keys of this type. */
export function isLogKey({ type }: NoteVerifier): boolean {
  return type === signatureTypes.ed25519 || type === signatureTypes.mlDsa44
}

/** Whether a witness can cosign with keys of this type. */
export function isCosignerKey({ type }: NoteVerifier): boolean {
  return type === signatureTypes.cosignature || type === signatureTypes.mlDsa44
}

/** What a verifier is made of, but for the check itself. */
export type KeyDescription = Omit<NoteVerifier, 'verify'>

/** The length of a key id, in bytes. */
export const keyIdSizeBytes: number = 4
/** The length of a cosignature's time, in bytes. */
export const timeSizeBytes: number = 8

const noName = /[\s\u0085+]|[\u0000-\u001f]/u

/** True for what may name a key and so a log: not empty, no space, no plus, at most 255 bytes. */
export function isKeyName(name: string): boolean {
  const length = Buffer.byteLength(name)
  return length > 0 && length <= maxKeyNameBytes && name.isWellFormed() && !noName.test(name)
}

/** The key of this name, type and raw public key. */
export function describeKey(
  name: string,
  type: SignatureType,
  publicKey: Uint8Array,
): KeyDescription {
  if (!isKeyName(name)) throw new Error(`Cannot name a key ${JSON.stringify(name)}`)
  const typed = Buffer.concat([Uint8Array.of(type), publicKey])
  const id = Buffer.from(sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])))
  const idText = id.toString('hex', 0, keyIdSizeBytes)
  const vkey = `${name}+${idText}+${encodeBase64(typed)}`
  return { name, keyId: id.readUInt32BE(0), vkey, type, publicKey }
}

/**
 * The time in seconds that a cosignature begins with; null for a type without, or over 2^53 − 1.
 */
export function readTimeS(type: SignatureType, signature: Uint8Array): number | null {
  if (type === signatureTypes.ed25519 || signature.length < timeSizeBytes) return null
  const view = Buffer.from(signature.buffer, signature.byteOffset, timeSizeBytes)
  const timeS = Number(view.readBigUInt64BE(0))
  return Number.isSafeInteger(timeS) ? timeS : null
}

/** The payload of a cosignature: u64 time in seconds ‖ signature. */
export function formatTimed(timeS: number, signature: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(timeSizeBytes + signature.length)
  bytes.writeBigUInt64BE(BigInt(timeS), 0)
  bytes.set(signature, timeSizeBytes)
  return bytes
}
