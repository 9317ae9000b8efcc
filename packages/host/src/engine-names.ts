// The engines by name, without what runs them: for whoever only has to know them.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { formatEngine, type MemoryMode } from './engine-blob.ts'
import { type KnownEngine, knownEngines, ownParts, retiredEngines } from './known-engines.ts'

/** The version of host calls that this release has. A later one has every earlier one too. */
export const hostVersion = 1

/**
 * An engine of this release. `blob` is the canonical JSON that the log keeps, `name` its hex SHA-512, which a genesis or
 * config entry names as `engine`. Spec: state.md, "Engine".
 */
export type Engine = { readonly name: string; readonly blob: string; readonly memory: MemoryMode }

/** The engines of this release, by what they do with a script's memory between calls. */
export const engines: { readonly [M in MemoryMode]: Engine } = {
  fresh: ownEngine('fresh'),
  kept: ownEngine('kept'),
}

/** The earlier or present release that has this engine, where one of them does. */
export function findEngine(name: string): KnownEngine | undefined {
  return knownEngines.find((known) => known.name === name)
}

/** Throws `engine_retired` for an engine of a release whose logs no other one can run. */
export function refuseRetired(name: string): void {
  const retired = retiredEngines.find((one) => one.names.includes(name))
  if (retired === undefined) return
  throw new SteleError('engine_retired', { engine: name, release: retired.release })
}

function ownEngine(memory: MemoryMode): Engine {
  const blob = formatEngine({ host: hostVersion, memory, parts: ownParts })
  return { name: hash('sha512', blob), blob, memory }
}
