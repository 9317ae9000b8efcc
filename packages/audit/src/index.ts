// The public face of @stele/audit.
export { type CallJob, type CallOutcome } from './call-job.ts'
export { type Fault, type FaultWeight, faultOf, faultWeights } from './faults.ts'
export { createHelper, type HelperData } from './helper.ts'
export type { Continuation, KeptLog, KeptRun } from './kept-run.ts'
export type {
  ExecutorSettings,
  Fetched,
  Helper,
  ReplayExecutor,
  VerifyOptions,
  VerifyPorts,
  VerifyProgress,
} from './ports.ts'
export type { Exception, Finding, SettingsChange, Verdict, VerifyReport } from './report.ts'
export type {
  CheckItem,
  CheckJob,
  CheckOutcome,
  CheckTools,
  ServiceChecks,
} from './service-checks.ts'
export type { SharedRows } from './shared-rows.ts'
export { readSnapshot, writeSnapshot } from './snapshot.ts'
export type { AuditedState } from './state-view.ts'
export { type Verification, verifyService } from './verify.ts'
