// The identity of this engine, as a genesis entry names it.
import { hash } from 'node:crypto'
import { canonicalJson } from '@stele/formats'
import { pins } from './pins.ts'

/** Version of the host calls that scripts may rely on. */
const hostVersion = 1

/** What a call finds in memory: only what loading the script left, or also what the calls before it left. */
export type MemoryMode = 'fresh' | 'kept'

/**
 * An engine. `blob` is the canonical JSON `{"host", "memory", "parts"}`, `name` its hex SHA-512, which a genesis or config
 * entry names as `engine`; `parts` holds the hex SHA-512 of each file that decides results. Spec: state.md, "Leaf".
 */
export type Engine = { readonly name: string; readonly blob: string; readonly memory: MemoryMode }

/** The engines of this release, by what they do with a script's memory between calls. */
export const engines: { readonly [M in MemoryMode]: Engine } = {
  fresh: engineOf('fresh'),
  kept: engineOf('kept'),
}

function engineOf(memory: MemoryMode): Engine {
  const blob = canonicalJson({ host: hostVersion, memory, parts: pins })
  return { name: hash('sha512', blob), blob, memory }
}
