// An entry as projections see it: what was recorded, with its values, and what its face made ready.
import type { Body } from './body.ts'
import { parseEffects } from './effects.ts'
import type { Write } from './execution.ts'
import { parseLeaf } from './leaf.ts'
import { type KeptEntry, readBodyPart, readPart } from './parts.ts'
import { type EntryValue, parseValues } from './values.ts'

/** An entry of the log, for what is derived from it. */
export type LoggedEntry = {
  readonly index: number
  readonly leafHash: Uint8Array
  readonly timeMs: number
  /** Null where it is withheld. */
  readonly body: Body['body'] | null
  /** With their values. Read back from the log, writes whose values are withheld are left out. */
  readonly writes: readonly Write[]
  /** What whoever submitted the call made of its blobs already. A projection that does not know it ignores it. */
  readonly prepared?: unknown
}

/** Reads a kept entry back. `blobs` gives long values. Throws `entry_invalid`, `json_not_canonical`. */
export function readLogged(
  { leaf, body, effects, values }: KeptEntry,
  { index, leafHash }: { readonly index: number; readonly leafHash: Uint8Array },
  blobs: (name: string) => Uint8Array | undefined,
): LoggedEntry {
  const { kind, timeMs } = parseLeaf(leaf)
  const written = effects === null ? [] : parseEffects(readPart(effects)).writes
  const recorded = values === null ? [] : parseValues(values)
  let position = 0
  const writes = written.flatMap(([object, field, valueHash]): Write[] => {
    if (valueHash === null) return [{ object, field, value: null }]
    const value = bytesOf(recorded[position++], blobs)
    return value === undefined ? [] : [{ object, field, value }]
  })
  const read = body === null ? null : readBodyPart(kind, body).body
  return { index, leafHash, timeMs, body: read, writes }
}

function bytesOf(
  value: EntryValue | undefined,
  blobs: (name: string) => Uint8Array | undefined,
): Uint8Array | undefined {
  if (value === undefined || 'withheld' in value) return undefined
  return 'bytes' in value ? value.bytes : blobs(value.blob)
}
