// The values that an entry wrote: its value record against its effects, or against what the replay has written itself.

import type { Write } from '@stele/entries/calls'
import { maxInlineValueBytes } from '@stele/entries/leaf'
import {
  type EffectWrite,
  type EntryValue,
  hashValue,
  parseValues,
  valueOf,
} from '@stele/entries/parts'
import type { BlobCache } from './blob-cache.ts'
import { type EntryParts, entryMismatch, inEntry } from './entry-parts.ts'
import type { Withheld } from './withheld.ts'

/** One changed row; `value` undefined: withheld; null: removed. */
export type RowWrite = {
  readonly object: string
  readonly field: string
  readonly value: Uint8Array | undefined | null
}

export type ValuePorts = { readonly blobs: BlobCache; readonly withheld: Withheld }

/** Compares the value record with what the replay wrote. Throws `entry_mismatch`; notes what is withheld. */
export function compareValues(
  parts: EntryParts,
  writes: readonly Write[],
  ports: ValuePorts,
): void {
  const written = writes.flatMap(({ value }) => (value === null ? [] : [value]))
  const values = readValues(parts, written.length, ports)
  values?.forEach((value, position) => {
    const wanted = written[position]
    if (wanted === undefined) throw new Error('There are fewer values than were counted')
    compareValue(parts.index, value, { position, wanted, ports })
  })
}

/** The effects' writes with the values of the record: undefined where one is withheld. Throws `entry_mismatch`. */
export function carryValues(
  parts: EntryParts,
  writes: readonly EffectWrite[],
  ports: ValuePorts,
): readonly RowWrite[] {
  const count = writes.filter(([, , hash]) => hash !== null).length
  const values = readValues(parts, count, ports)
  let position = 0
  return writes.map(([object, field, wanted]): RowWrite => {
    if (wanted === null) return { object, field, value: null }
    const place = { index: parts.index, position: position++ }
    const recorded = values?.[place.position]
    const value = recorded && bytesOf(place, recorded, ports)
    if (recorded !== undefined && value !== undefined) compareForm(place, recorded, value)
    if (value === undefined) return { object, field, value }
    const found = hashValue(value)
    if (found === wanted) return { object, field, value }
    const what = `the SHA-256 of its value for "${object}" "${field}"`
    throw entryMismatch(parts.index, { what, found, wanted: `${wanted}, as its effects say` })
  })
}

/** A value's place: its entry, and its position in the entry's value record. */
type Place = { readonly index: number; readonly position: number }

/** What is in line and what is a blob is not for the operator to choose. */
function compareForm({ index, position }: Place, recorded: EntryValue, value: Uint8Array): void {
  if ('bytes' in recorded || value.length > maxInlineValueBytes) return
  const [found, wanted] = [describe(recorded), describe({ bytes: value })]
  throw entryMismatch(index, { what: `its value number ${position}`, found, wanted })
}

function readValues(
  { index, values: record }: EntryParts,
  count: number,
  { withheld }: ValuePorts,
): readonly EntryValue[] | undefined {
  if (record === undefined) {
    withheld.miss({ entry: index, part: 'values' }, index)
    return undefined
  }
  const values = inEntry(index, 'its value record', () => parseValues(record))
  if (values.length === count) return values
  const found = `${values.length} values`
  throw entryMismatch(index, { what: 'its value record', found, wanted: `${count}` })
}

function compareValue(
  index: number,
  value: EntryValue,
  { position, wanted, ports }: { position: number; wanted: Uint8Array; ports: ValuePorts },
): void {
  if ('bytes' in value && Buffer.compare(value.bytes, wanted) === 0) return
  const place = { index, position }
  if ('withheld' in value) return missValue(place, ports)
  const right = valueOf(wanted)
  if ('blob' in value && 'blob' in right && value.blob === right.blob) {
    bytesOf(place, value, ports) // It must be there, for whoever does not run the script.
    return
  }
  const what = `its value number ${position}`
  throw entryMismatch(index, { what, found: describe(value), wanted: describe(right) })
}

function bytesOf(place: Place, value: EntryValue, ports: ValuePorts): Uint8Array | undefined {
  if ('bytes' in value) return value.bytes
  if ('withheld' in value) {
    missValue(place, ports)
    return undefined
  }
  const bytes = ports.blobs.read(value.blob)
  if (bytes === undefined) ports.withheld.miss({ blob: value.blob }, place.index)
  return bytes
}

/** A value alone: a takedown must name it, or all of its entry. */
function missValue({ index, position }: Place, { withheld }: ValuePorts): void {
  withheld.miss({ entry: index, part: 'values', writes: [position] }, index)
}

function describe(value: EntryValue): string {
  if ('blob' in value) return `the blob ${value.blob}`
  return 'bytes' in value ? `bytes of the SHA-256 ${hashValue(value.bytes)}` : 'a withheld value'
}
