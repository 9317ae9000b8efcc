// The public face of @stele/audit.
export {
  type CarriedLog,
  type CarryOptions,
  type CarryPorts,
  carryLog,
  type KeptCarry,
} from './carry-log.ts'
export {
  type ExecutorSettings,
  type Fetched,
  type Helper,
  type ReplayExecutor,
  type VerifyOptions,
  type VerifyPorts,
  type VerifyProgress,
} from './ports.ts'
export { readSnapshot, writeSnapshot } from './snapshot.ts'
export { type Verification, verifyService } from './verify.ts'
