// The public face of @stele/host.
export { type Engine, engines, type MemoryMode } from './engine.ts'
export { createExecutor, type ExecutorSettings } from './executor.ts'
export type { HostCall, HostOutcome, OracleAnswer } from './glue.ts'
export { defaultLimits, type Limits, parseLimits } from './limits.ts'
export { createScriptHost, type ScriptHost, type ScriptHostOptions } from './script-host.ts'
