// What a takedown must not name: what is not there, what the log itself needs, and what nobody could check or delete afterwards.

import type { WithheldPart } from '@stele/entries/bodies'
import { settingsInForce } from '@stele/entries/calls'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import {
  type EntryValue,
  type KeptEntry,
  parseEffects,
  parseValues,
  readPart,
} from '@stele/entries/parts'
import { namedWrites, type ValueWrite, type WithheldValues } from '@stele/entries/takedowns'
import { SteleError } from '@stele/errors'
import { parseEngine } from '@stele/host'
import { isSameHash } from '@stele/tlog/tree'
import type { ServicePorts } from './ports.ts'

type Store = ServicePorts['home']['store']
type EntryPart = Exclude<WithheldPart, { readonly blob: string }>

/** A log of `size` entries. */
type Log = { readonly store: Store; readonly size: number }

/** Throws `takedown_refused` for the first part that must stay. A takedown is public for ever: it must name what is there. */
export function refuseParts(withhold: readonly WithheldPart[], log: Log): void {
  for (const part of withhold) {
    const reason = 'blob' in part ? blobRefusal(part.blob, log) : entryRefusal(part, withhold, log)
    if (reason !== undefined) throw refused(part, reason)
  }
}

/**
 * Throws `takedown_refused` where an entry from number `since` on has written again what is named: the state's row is told apart
 * by its hash alone, so the takedown would empty it.
 */
export function refuseRewritten(
  withhold: readonly WithheldPart[],
  { store, size, since }: Log & { readonly since: number },
): void {
  const isCurrent = ({ object, field, valueHash }: ValueWrite): boolean =>
    hashOf(store.row(object, field)) === valueHash
  for (let index = since; index < size; index++) {
    const [later] = store.entries(index, 1)
    const reason = `entry ${index}, which came in between, wrote it again`
    for (const part of withhold) {
      if (later === undefined || !rewrites(later, part, { store, isCurrent })) continue
      throw refused(part, reason)
    }
  }
}

function rewrites(
  later: KeptEntry,
  part: WithheldPart,
  { store, isCurrent }: { readonly store: Store; isCurrent: (write: ValueWrite) => boolean },
): boolean {
  if ('blob' in part) return valuesOf(later).some((value) => blobOf(value) === part.blob)
  const [entry] = part.part === 'values' ? store.entries(part.entry, 1) : []
  if (part.part !== 'values' || !entry?.effects) return false
  const current = namedWrites(part, parseEffects(readPart(entry.effects)).writes).filter(isCurrent)
  if (later.effects === null) return current.length > 0 // Nobody can tell what it wrote.
  const { writes } = parseEffects(readPart(later.effects))
  return current.some((one) =>
    writes.some(([object, field]) => object === one.object && field === one.field),
  )
}

function blobRefusal(name: string, { store }: Log): string | undefined {
  if (blobsInForce(store).includes(name)) return 'the log runs it'
  return store.blobs.find(name) === undefined ? 'this log holds none of that name' : undefined
}

function entryRefusal(
  part: EntryPart,
  withhold: readonly WithheldPart[],
  { store, size }: Log,
): string | undefined {
  if (part.entry === 0) return 'without the first entry nothing can be verified'
  if (part.entry >= size) return `the log has the entries 0 to ${size - 1}`
  const [before, entry] = store.entries(part.entry - 1, 2)
  if (before === undefined || entry === undefined)
    throw new Error(`Entry ${part.entry} is not there`)
  if (entry[part.part] === null) return 'it was taken down before'
  if (parseLeaf(entry.leaf).kind !== entryKinds.call) {
    return "it is the log's own, without which what follows cannot be verified"
  }
  if (part.part === 'values') return valuesRefusal(part, entry, store)
  const other = part.part === 'body' ? 'effects' : 'body'
  const isOtherGone = entry[other] === null || withhold.some((one) => names(one, part.entry, other))
  if (isOtherGone && changesState(before, entry)) return onlyOne(part.entry)
  return part.part === 'effects' ? effectsRefusal(part.entry, entry, withhold) : undefined
}

/** Without both nobody could tell the state after the entry, nor run any call that comes later. */
function onlyOne(entry: number): string {
  return (
    'only its body or its effects can be taken down, not both: it changed the state, and without ' +
    `them no entry after ${entry} could be verified any more`
  )
}

/** Effects name the rows: values that outlive them could never be taken down. Empty ones tell nothing. */
function effectsRefusal(
  index: number,
  entry: KeptEntry,
  withhold: readonly WithheldPart[],
): string | undefined {
  const isNamed = (position: number): boolean =>
    withhold.some((one) => names(one, index, 'values') && (one.writes?.includes(position) ?? true))
  const left = valuesOf(entry).filter((value, at) => tells(value) && !isNamed(at))
  if (left.length === 0) return undefined
  return 'take down its values first: the effects name what they are, and without them no value could be taken down any more'
}

function names<P extends EntryPart['part']>(
  one: WithheldPart,
  entry: number,
  part: P,
): one is Extract<EntryPart, { readonly part: P }> {
  return 'entry' in one && one.entry === entry && one.part === part
}

function tells(value: EntryValue): boolean {
  return !isWithheld(value) && !('bytes' in value && value.bytes.length === 0)
}

function changesState(before: KeptEntry, entry: KeptEntry): boolean {
  return !isSameHash(parseLeaf(before.leaf).stateRoot, parseLeaf(entry.leaf).stateRoot)
}

/** Why these values cannot be taken down, undefined where they can. */
function valuesRefusal(part: WithheldValues, entry: KeptEntry, store: Store): string | undefined {
  if (entry.effects === null) {
    return 'its effects were taken down before, which name the rows that hold them'
  }
  const recorded = valuesOf(entry)
  if (recorded.every(isWithheld)) return 'it has no values that were not taken down before'
  const absent = part.writes?.find((position) => position >= recorded.length)
  if (absent !== undefined) return `it has ${recorded.length} values, none at position ${absent}`
  const gone = part.writes?.find((position) => isWithheld(recorded[position]))
  if (gone !== undefined) return `the one at position ${gone} was taken down before`
  // The log itself reads them: a key without its number could sign no call any more.
  const { writes } = parseEffects(readPart(entry.effects))
  const own = namedWrites(part, writes).find(
    ({ object, field, valueHash }) =>
      !object.startsWith('/') && hashOf(store.row(object, field)) === valueHash,
  )
  if (own === undefined) return undefined
  return `the one at position ${own.position} is the log's own, which it still uses; name the others`
}

function valuesOf({ values }: KeptEntry): readonly EntryValue[] {
  return values === null ? [] : parseValues(values)
}

function isWithheld(value: EntryValue | undefined): boolean {
  return value !== undefined && 'withheld' in value
}

function blobOf(value: EntryValue): string | undefined {
  return 'blob' in value ? value.blob : undefined
}

function hashOf(row: ReturnType<Store['row']>): string | undefined {
  return row && Buffer.from(row.hash).toString('hex')
}

/** The blobs that the log runs: its script, its engine, and the engine's parts. */
function blobsInForce(store: Store): readonly string[] {
  const { script, engine } = settingsInForce(store)
  const blob = store.blobs.read(engine)
  return [script, engine, ...(blob === undefined ? [] : Object.values(parseEngine(blob).parts))]
}

function refused(part: WithheldPart, reason: string): SteleError {
  const what = 'blob' in part ? `the blob ${part.blob}` : `the ${part.part} of entry ${part.entry}`
  return new SteleError('takedown_refused', { what, reason })
}
