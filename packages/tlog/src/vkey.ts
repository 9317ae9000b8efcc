// Public keys as text: `<name>+<8 hex digits>+<base64 of type and key>` (C2SP signed-note v1.0.0).
import { SteleError } from '@stele/errors'
import { decodeBase64 } from './canonical-text.ts'
import { createCosignatureVerifier, createMlDsaVerifier } from './cosignature.ts'
import { createEd25519Verifier, ed25519Sizes } from './ed25519.ts'
import { isKeyName, type NoteVerifier, signatureTypes } from './key.ts'
import { maxVkeyLength } from './limits.ts'
import { mlDsa44Sizes } from './ml-dsa.ts'

type Kind = {
  readonly sizeBytes: number
  readonly create: (name: string, publicKey: Uint8Array) => NoteVerifier
}

const kinds: ReadonlyMap<number, Kind> = new Map([
  [signatureTypes.ed25519, { sizeBytes: ed25519Sizes.publicKey, create: createEd25519Verifier }],
  [
    signatureTypes.cosignature,
    { sizeBytes: ed25519Sizes.publicKey, create: createCosignatureVerifier },
  ],
  [signatureTypes.mlDsa44, { sizeBytes: mlDsa44Sizes.publicKey, create: createMlDsaVerifier }],
])

/**
 * The verifier of a vkey of type 0x01, 0x04 or 0x06. Throws `vkey_invalid`, also for an id that is
 * not the key's own and for other types.
 */
export function parseVkey(text: string): NoteVerifier {
  if (text.length > maxVkeyLength) throw invalid(text, `it is over ${maxVkeyLength} characters`)
  // base64 may hold plus signs itself.
  const [, name = '', idText = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text) ?? []
  const typed = decodeBase64(encoded)
  if (!isKeyName(name) || !/^[0-9a-f]{8}$/.test(idText) || typed === undefined) {
    throw invalid(text, 'it is not "<name>+<8 hex digits>+<base64>"')
  }
  const [type = 0] = typed
  const kind = kinds.get(type)
  if (kind === undefined) throw invalid(text, `its signature type ${type} is not 1, 4 or 6`)
  if (typed.length !== 1 + kind.sizeBytes) throw invalid(text, 'its key has the wrong length')
  const verifier = kind.create(name, typed.subarray(1))
  if (verifier.vkey !== text) throw invalid(text, 'its id is not that of its name and key')
  return verifier
}

function invalid(vkey: string, reason: string): SteleError {
  return new SteleError('vkey_invalid', { vkey: vkey.slice(0, maxVkeyLength), reason })
}
