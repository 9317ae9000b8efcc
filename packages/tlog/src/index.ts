// The public face of @stele/tlog.
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
export { createCosigner, createMlDsaCosigner } from './cosignature.ts'
export { createEd25519Signer } from './ed25519.ts'
export { formatEntryBundle, parseEntryBundle } from './entry-bundle.ts'
export { Frontier, type StoredHash } from './frontier.ts'
export { emptyRoot, type Hash, hashLeaf, hashNode, isSameHash, sha256 } from './hash.ts'
export { createHashReader, createTileReader, planTiles, type RowReader } from './hash-reader.ts'
export type { CosignatureSigner, NoteSigner, NoteText, NoteVerifier, SignatureType } from './key.ts'
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
} from './note.ts'
export { parsePolicy } from './parse-policy.ts'
export {
  isQuorumMet,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  policyVerifiers,
  verifyUnderPolicy,
} from './policy.ts'
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'
export { formatProofFile, type ProofFile, parseProofFile } from './proof-file.ts'
export {
  bundlesOf,
  formatTile,
  formatTileNumber,
  type HashTile,
  parseTile,
  parseTileNumber,
  parseTilePath,
  type Tile,
  type TileNumber,
  tilePath,
  tileRowLength,
  tilesOf,
} from './tile.ts'
export { type HashReader, proveConsistency, proveInclusion, treeRoot } from './tree.ts'
export { cosignedTimeS, type VerifiedCheckpoint, verifyCheckpoint } from './verified-checkpoint.ts'
export { parseVkey } from './vkey.ts'
export {
  type AddCheckpoint,
  decideAddCheckpoint,
  formatAddCheckpoint,
  formatSizeConflict,
  monitoringPath,
  parseAddCheckpoint,
  parseSizeConflict,
  sizeConflictType,
  type WitnessDecision,
  type WitnessedLog,
} from './witness.ts'
