// The public face of @stele/host. Engines by name alone: ./names.
export { createScriptHost, engineBlobs, type LoadedEngine, loadEngine } from './engine.ts'
export { type EngineBlob, type MemoryMode, parseEngine } from './engine-blob.ts'
export { type Engine, engines, findEngine, refuseRetired } from './engine-names.ts'
export { type KnownEngine, knownEngines } from './known-engines.ts'
export { defaultLimits, type Limits, parseLimits } from './v1/limits.ts'
export type { ScriptHost, ScriptHostOptions } from './v1/script-host.ts'
