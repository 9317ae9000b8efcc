// The blob that names an engine: which host calls, what becomes of the memory, and the bytes that run inside (spec/state.md).
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import {
  canonicalJson,
  isJsonObject,
  type JsonValue,
  parseCanonicalJson,
} from '@stele/formats/json'

/** What a call finds in memory: only what loading the script left, or also what the calls before it left. */
export type MemoryMode = 'fresh' | 'kept'

/** The parts of an engine of host version 1: the interpreter, what the host has to know of it, and the script's world. */
export const partNames = ['interface', 'prelude', 'wasm', 'world'] as const
/** The name of a part. */
export type PartName = (typeof partNames)[number]

/** What an engine's blob says: `parts` by their blobs' names (hex SHA-512). */
export type EngineBlob = {
  readonly host: number
  readonly memory: MemoryMode
  readonly parts: { readonly [name: string]: string }
}

const maxEngineBytes = 16 * 1024
const sha512 = /^[0-9a-f]{128}$/

/** The blob's text. */
export function formatEngine(engine: EngineBlob): string {
  return canonicalJson(engine)
}

/** Reads an engine's blob. Throws `engine_invalid`. */
export function parseEngine(blob: Uint8Array): EngineBlob {
  const name = hash('sha512', blob)
  const invalid = (reason: string, cause?: unknown): SteleError =>
    new SteleError('engine_invalid', { engine: name, reason }, { cause })
  if (blob.length > maxEngineBytes) throw invalid(`it is over ${maxEngineBytes} bytes`)
  const text = Buffer.from(blob.buffer, blob.byteOffset, blob.length).toString()
  let value: JsonValue
  try {
    value = parseCanonicalJson(text, 'the engine')
  } catch (error) {
    if (!isSteleError(error)) throw error
    throw invalid(error.message, error)
  }
  if (!isJsonObject(value)) throw invalid('it is not an object')
  const { host, memory, parts, ...more } = value
  if (Object.keys(more).length > 0) throw invalid(`it has a member "${Object.keys(more)[0]}"`)
  if (typeof host !== 'number' || !Number.isSafeInteger(host) || host < 1) {
    throw invalid('its member "host" is not a version')
  }
  if (memory !== 'fresh' && memory !== 'kept') {
    throw invalid('its member "memory" is neither "fresh" nor "kept"')
  }
  if (!isJsonObject(parts)) throw invalid('its member "parts" is not an object')
  const named = Object.entries(parts).map(([part, found]) => {
    if (typeof found === 'string' && sha512.test(found)) return [part, found] as const
    throw invalid(`its part "${part}" is not the hex SHA-512 of a blob`)
  })
  return { host, memory, parts: Object.fromEntries(named) }
}
