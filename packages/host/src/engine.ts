// Engines, ready to run scripts: those of this release, and those that a log carries.
import { hash } from 'node:crypto'
import type { Executor } from '@stele/entries/calls'
import { reasonOf, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { readOwnParts } from './assets.ts'
import {
  type EngineBlob,
  type MemoryMode,
  type PartName,
  parseEngine,
  partNames,
} from './engine-blob.ts'
import { type Engine, engines, findEngine, hostVersion, refuseRetired } from './engine-names.ts'
import type { EngineParts } from './v1/glue.ts'
import { parseInterface } from './v1/interface.ts'
import { parseLimits } from './v1/limits.ts'
import { createHost, type ScriptHost, type ScriptHostOptions } from './v1/script-host.ts'

/** An engine whose bytes are here. */
export type LoadedEngine = {
  readonly name: string
  readonly memory: MemoryMode
  /** What runs a script's calls. Throws `script_invalid`, `limits_invalid`. */
  readonly createExecutor: (
    settings: { readonly script: string; readonly limits: JsonValue },
    ports: Pick<ScriptHostOptions, 'print' | 'blobs'>,
  ) => Executor
}

/** The bytes of a blob of the log (hex SHA-512), undefined where it has none; they need not be checked. */
type ReadBlob = (sha512: string) => Uint8Array | undefined

/**
 * The engine that this blob names, made of the bytes that the log carries: `readBlob` is asked for each part. Engines
 * that this release does not know run only where `allowed` names them (the hex SHA-512 of their blobs): their interpreter
 * is somebody else's program. Throws `engine_unknown` where it may not be run, `engine_invalid` where it cannot be.
 */
export function loadEngine(
  blob: Uint8Array,
  readBlob: ReadBlob,
  { allowed = [] }: { readonly allowed?: readonly string[] } = {},
): LoadedEngine {
  const name = hash('sha512', blob)
  refuseRetired(name)
  if (findEngine(name) === undefined && !allowed.includes(name)) {
    throw unknown(name, 'it is none of those that this release knows')
  }
  const engine = parseEngine(blob)
  if (engine.host !== hostVersion) {
    throw unknown(name, `it has version ${engine.host} of the host calls, this release has 1`)
  }
  const parts = partsOf(name, readParts(name, engine, readBlob))
  return loaded({ name, memory: engine.memory }, parts)
}

/** The blobs that a log of this engine keeps, beside its script: the engine's own, and its parts. */
export function engineBlobs({ blob }: Engine): readonly Uint8Array[] {
  return [Buffer.from(blob), ...Object.values(readOwnParts())]
}

let own: EngineParts | undefined

/** A host of this release's own engine: for services whose script is at hand, and for tests. Throws as createHost(). */
export function createScriptHost(options: ScriptHostOptions): ScriptHost {
  const engine = engines[options.memory]
  own ??= partsOf(engine.name, readOwnParts())
  return createHost({ ...options, engine: own, engineName: engine.name })
}

function loaded(
  { name, memory }: Pick<LoadedEngine, 'name' | 'memory'>,
  engine: EngineParts,
): LoadedEngine {
  return {
    name,
    memory,
    createExecutor({ script, limits }, ports) {
      const settings = { script, limits: parseLimits(limits), memory }
      const host = createHost({ ...settings, ...ports, engine, engineName: name })
      const { init, call, methods, anonymous, memoryDigest: digest, snapshot, restore } = host
      if (memory === 'fresh') return { init, call, methods, anonymous }
      return { init, call, methods, anonymous, memory: { digest, snapshot, restore } }
    },
  }
}

type PartBytes = { readonly [Name in PartName]: Uint8Array }

/** Each part as the log carries it, compared with its name. */
function readParts(engine: string, { parts }: EngineBlob, readBlob: ReadBlob): PartBytes {
  const stranger = Object.keys(parts).find((part) => !partNames.some((name) => name === part))
  if (stranger !== undefined) throw invalid(engine, `it has a part "${stranger}"`)
  const read = partNames.map((part) => {
    const name = parts[part]
    if (name === undefined) throw invalid(engine, `it has no part "${part}"`)
    const bytes = readBlob(name)
    if (bytes === undefined) throw invalid(engine, `the log lacks its part "${part}", ${name}`)
    if (hash('sha512', bytes) !== name) {
      throw invalid(engine, `its part "${part}" does not hash to its name ${name}`)
    }
    return [part, bytes] as const
  })
  return Object.fromEntries(read) as PartBytes
}

function partsOf(engine: string, parts: PartBytes): EngineParts {
  const text = (part: PartName): string =>
    new TextDecoder('utf-8', { fatal: true }).decode(parts[part])
  try {
    const module = new WebAssembly.Module(parts.wasm)
    const described = parseInterface(text('interface'))
    const interpreter = { module, interface: described }
    return { interpreter, prelude: text('prelude'), world: text('world') }
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new SteleError('engine_invalid', { engine, reason }, { cause })
  }
}

function unknown(engine: string, reason: string): SteleError {
  return new SteleError('engine_unknown', { engine, reason })
}

function invalid(engine: string, reason: string): SteleError {
  return new SteleError('engine_invalid', { engine, reason })
}
