// What a takedown of values leaves of a value record, and which of the entry's writes it means.
import type { WithheldPart, WithheldValues } from './body.ts'
import type { EffectWrite } from './effects.ts'
import type { KeptEntry } from './parts.ts'
import { type EntryValue, formatValues, parseValues } from './values.ts'

/** A write that has a value, and where that stands in the entry's value record. */
export type ValueWrite = {
  readonly position: number
  readonly object: string
  readonly field: string
  /** Hex SHA-256 of the value. */
  readonly valueHash: string
}

/** The writes that have a value, in the order of the value record: removals have none. */
export function valueWrites(writes: readonly EffectWrite[]): readonly ValueWrite[] {
  const found: ValueWrite[] = []
  for (const [object, field, valueHash] of writes) {
    if (valueHash !== null) found.push({ position: found.length, object, field, valueHash })
  }
  return found
}

/** Those of them that the part names. */
export function namedWrites(
  part: WithheldValues,
  writes: readonly EffectWrite[],
): readonly ValueWrite[] {
  const named = part.writes && new Set(part.writes)
  return valueWrites(writes).filter(({ position }) => named?.has(position) ?? true)
}

/** The values that the part names, of those in the entry's value record. */
export function namedValues(
  { writes }: WithheldValues,
  values: readonly EntryValue[],
): readonly EntryValue[] {
  return writes === undefined ? values : writes.flatMap((position) => values[position] ?? [])
}

/** The record without the values that the part names; null where it names all of them. Throws `entry_invalid`. */
export function withholdValues(part: WithheldValues, record: Uint8Array | null): Uint8Array | null {
  if (part.writes === undefined || record === null) return null
  const values = [...parseValues(record)]
  for (const position of part.writes) {
    if (position < values.length) values[position] = { withheld: true }
  }
  return formatValues(values)
}

/** The entry as it is kept without the part. Throws `entry_invalid`. */
export function withoutPart(
  entry: KeptEntry,
  part: Extract<WithheldPart, { readonly entry: number }>,
): KeptEntry {
  if (part.part !== 'values') return { ...entry, [part.part]: null }
  return { ...entry, values: withholdValues(part, entry.values) }
}

/** Whether takedowns of values can have made the one record of the other. */
export function isReducedRecord(before: Uint8Array, after: Uint8Array): boolean {
  const [values, left] = [parseValues(before), parseValues(after)]
  const isLeft = (position: number): boolean => {
    const [was, is] = [values[position], left[position]]
    if (was === undefined || is === undefined) return false
    return 'withheld' in is || Buffer.compare(formatValues([was]), formatValues([is])) === 0
  }
  return values.length === left.length && left.every((_, position) => isLeft(position))
}
