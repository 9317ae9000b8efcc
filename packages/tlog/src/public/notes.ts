// The public face of @stele/tlog/notes.
export {
  type CosignatureSigner,
  type NoteSigner,
  type NoteText,
  type NoteVerifier,
  type SignatureType,
} from '../key.ts'
export {
  cosignNote,
  formatNote,
  formatSignatureLines,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
  signNote,
  type VerifiedNote,
  type VerifiedSignature,
  verifyNote,
} from '../note.ts'
export { parseVkey } from '../vkey.ts'
