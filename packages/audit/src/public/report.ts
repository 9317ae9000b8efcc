// The public face of @stele/audit/report.
export { type Fault, type FaultWeight, faultOf, faultWeights } from '../faults.ts'
export { type Continuation, type KeptLog, type KeptRun } from '../kept-run.ts'
export {
  type Exception,
  type Finding,
  type SettingsChange,
  type Verdict,
  type VerifyReport,
} from '../report.ts'
