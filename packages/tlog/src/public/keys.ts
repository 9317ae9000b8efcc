// The public face of @stele/tlog/keys.
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../checkpoint.ts'
export { createCosigner, createMlDsaCosigner } from '../cosignature.ts'
export { createEd25519Signer } from '../ed25519.ts'
export { cosignedTimeS, type VerifiedCheckpoint, verifyCheckpoint } from '../verified-checkpoint.ts'
