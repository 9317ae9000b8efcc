// The public face of @stele/tlog/proofs.
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from '../proof.ts'
export { formatProofFile, type ProofFile, parseProofFile } from '../proof-file.ts'
