// The public face of @stele/audit.
export type {
  Difference,
  ExecutorSettings,
  Fetched,
  ReleaseQuestion,
  ReplayExecutor,
  ReplayedEntry,
  ServedDifference,
  ServedQuestion,
  VerifyOptions,
  VerifyPorts,
  VerifyProgress,
} from './ports.ts'
export type { Exception, Finding, SettingsChange, Verdict, VerifyReport } from './report.ts'
export { verifyRegistry } from './verify.ts'
