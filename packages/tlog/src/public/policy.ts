// The public face of @stele/tlog/policy.
export { parsePolicy } from '../parse-policy.ts'
export {
  isQuorumMet,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  policyVerifiers,
  verifyUnderPolicy,
} from '../policy.ts'
