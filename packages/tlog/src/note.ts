// Signed notes: text, an empty line, signature lines (C2SP signed-note v1.0.0). Which keys exist is not said here.
import { SteleError } from '@stele/errors'
import { decodeBase64, encodeBase64 } from './canonical-text.ts'
import {
  type CosignatureSigner,
  isKeyName,
  keyIdSizeBytes,
  type NoteSigner,
  type NoteText,
  type NoteVerifier,
  readTimeS,
} from './key.ts'
import { maxNoteBytes, maxNoteSignatures } from './limits.ts'

/**
 * One signature line, taken apart. `keyId` is a u32; `signature` is what follows it, for a
 * cosignature with its time.
 */
export type NoteSignature = {
  readonly name: string
  readonly keyId: number
  readonly signature: Uint8Array
}

/** A signed note, taken apart but not verified. `text` ends in a newline. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/**
 * A signature that holds, with the key that says so. `timeS`: a cosignature's time in seconds since
 * 1970, else null.
 */
export type VerifiedSignature = NoteSignature & {
  readonly verifier: NoteVerifier
  readonly timeS: number | null
}

/** A note and those of its signatures that hold: at least one. */
export type VerifiedNote = { readonly note: Note; readonly verified: readonly VerifiedSignature[] }

const lineStart = '\u2014 '
const forbidden = /[\u0000-\u0009\u000b-\u001f]/

/** The parts of a signed note. Trust nothing of them: see `verifyNote`. Throws `note_invalid`. */
export function parseNote(noteText: string): Note {
  checkText(noteText)
  const split = noteText.lastIndexOf('\n\n')
  if (split < 0) throw invalid('it has no empty line before the signatures')
  const text = noteText.slice(0, split + 1)
  return { text, signatures: parseSignatureLines(noteText.slice(split + 2)) }
}

/**
 * The signed note of this text and these signatures, in this order. Its inverse is `parseNote`.
 * Throws `note_invalid`.
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  if (!text.endsWith('\n')) throw invalid('its text does not end in a newline')
  const noteText = `${text}\n${formatSignatureLines(signatures)}`
  checkText(noteText)
  return noteText
}

/** The signature lines of a note, or of a witness's answer: one or more. Throws `note_invalid`. */
export function parseSignatureLines(lines: string): NoteSignature[] {
  checkText(lines)
  if (!lines.endsWith('\n')) throw invalid('its last line does not end in a newline')
  const parts = lines.slice(0, -1).split('\n', maxNoteSignatures + 1)
  if (parts.length > maxNoteSignatures) throw invalid(`it has over ${maxNoteSignatures} signatures`)
  return parts.map(parseSignatureLine)
}

/** Signature lines, each `— <name> <base64 of u32 key id ‖ signature>` and a newline. */
export function formatSignatureLines(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatSignatureLine).join('')
}

/**
 * The note with those of its signatures that a verifier knows. Lines of unknown keys are ignored; one line of a known
 * key that fails refuses the whole note, and so does a note without a known key. This asks for any key: for a
 * checkpoint, whose log must have signed, use `verifyCheckpoint`. Throws `note_invalid`, `note_unverified`.
 */
export function verifyNote(noteText: string, verifiers: readonly NoteVerifier[]): VerifiedNote {
  const note = parseNote(noteText)
  const text = Buffer.from(note.text)
  const verified = note.signatures.flatMap((signature): VerifiedSignature[] => {
    const known = verifiers.filter((v) => v.name === signature.name && v.keyId === signature.keyId)
    if (known.length === 0) return []
    // Two keys may share a name and an id (of 32 bits): either may have signed.
    const verifier = known.find((v) => v.verify(text, signature.signature))
    if (verifier === undefined) throw unverified(note, `the signature of "${signature.name}" fails`)
    return [{ ...signature, verifier, timeS: readTimeS(verifier.type, signature.signature) }]
  })
  if (verified.length === 0) throw unverified(note, 'no known key has signed it')
  return { note, verified }
}

/** The signature of this key over the text of a note, ready for `formatNote`. */
export function signNote(text: NoteText, signer: NoteSigner): NoteSignature {
  return { name: signer.name, keyId: signer.keyId, signature: signer.sign(text) }
}

/**
 * The cosignature of this key over the text of a checkpoint, at a time in seconds since 1970, ready
 * for `formatNote`.
 */
export function cosignNote(
  checkpointText: NoteText,
  signer: CosignatureSigner,
  timeS: number,
): NoteSignature {
  const signature = signer.sign(checkpointText, timeS)
  return { name: signer.name, keyId: signer.keyId, signature }
}

function parseSignatureLine(line: string): NoteSignature {
  const [name = '', encoded = '', more] = line.slice(lineStart.length).split(' ', 3)
  const bytes = decodeBase64(encoded)
  if (!line.startsWith(lineStart) || more !== undefined || !isKeyName(name)) {
    throw invalid('a signature line is not "\u2014 <name> <base64>"')
  }
  if (bytes === undefined || bytes.length <= keyIdSizeBytes) {
    throw invalid('a signature is not canonical base64 of a key id and more')
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return { name, keyId: view.readUInt32BE(0), signature: view.subarray(keyIdSizeBytes) }
}

function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const bytes = Buffer.alloc(keyIdSizeBytes + signature.length)
  bytes.writeUInt32BE(keyId, 0)
  bytes.set(signature, keyIdSizeBytes)
  return `${lineStart}${name} ${encodeBase64(bytes)}\n`
}

function checkText(text: string): void {
  // The length in UTF-16 units first: it bounds the work of what follows.
  if (text.length > maxNoteBytes || Buffer.byteLength(text) > maxNoteBytes) {
    throw invalid(`it is over ${maxNoteBytes} bytes`)
  }
  if (!text.isWellFormed()) throw invalid('it is not UTF-8')
  if (forbidden.test(text)) throw invalid('it has a control character')
}

function invalid(reason: string): SteleError {
  return new SteleError('note_invalid', { reason })
}

function unverified(note: Note, reason: string): SteleError {
  return new SteleError('note_unverified', { origin: note.text.split('\n', 1)[0] ?? '', reason })
}
