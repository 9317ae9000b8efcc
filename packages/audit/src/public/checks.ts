// The public face of @stele/audit/checks.
export { type CallJob, type CallOutcome } from '../call-job.ts'
export { createHelper, type HelperData } from '../helper.ts'
export {
  type CheckJob,
  type CheckOutcome,
  type CheckTools,
  type ServiceChecks,
} from '../service-checks.ts'
export { type SharedRows } from '../shared-rows.ts'
export { type AuditedState } from '../state-view.ts'
