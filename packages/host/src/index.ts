// The public face of @stele/host.
export {
  createScriptHost,
  type Engine,
  engineBlobs,
  engines,
  findEngine,
  type LoadedEngine,
  loadEngine,
  refuseRetired,
} from './engine.ts'
export { type EngineBlob, type MemoryMode, parseEngine } from './engine-blob.ts'
export { type KnownEngine, knownEngines } from './known-engines.ts'
export { defaultLimits, type Limits, parseLimits } from './v1/limits.ts'
export type { ScriptHost, ScriptHostOptions } from './v1/script-host.ts'
