// What the registry still needs of an entry. Values of the state that the rules read: withheld, the calls that read them could not
// be taken any more, for ever, so they stay until they are changed, and what they were is taken down then. Of a removed release
// the rules read no more than the notice; who asks for it is refused before they would read the rest. And effects, where the
// entry wrote of a package: what is served tells what calls did, and it is made again from their effects.
import { type EntryValue, parseEffects, parseValues, readPart } from '@stele/entries/parts'
import { type ValueWrite, valueWrites } from '@stele/entries/takedowns'
import { decodeSegment } from '@stele/formats/names'
import { packageObject, parseNotice, parsePackageObject } from '@stele/releases/state'
import type { LogReader } from '@stele/storage'

/** What a value is used for. */
export type Use = {
  /** In words; absent where the value tells nothing, so that nobody asks for it to go. */
  readonly what?: string
  /** What changes the value, so that what it was can be taken down; absent where nothing does. */
  readonly first?: string
}

/** The values that an entry wrote, by their positions in its value record. */
export type EntryValues = {
  /** Those that were not taken down before. */
  readonly left: readonly number[]
  /** Those of them that are still in use. */
  readonly used: readonly (Use & { readonly write: number })[]
}

/** What is still in use. */
export type ValuesInUse = {
  /** Undefined where there is no such entry, or nobody can tell any more what it wrote. */
  readonly ofEntry: (entry: number) => EntryValues | undefined
  /** The packages of which an entry wrote or removed something, whether or not that is still so. */
  readonly packagesOf: (entry: number) => readonly string[]
  /** What a blob is needed for as a value of the state; undefined where it is not. */
  readonly ofBlob: (blob: string) => Use | undefined
}

type Reader = Pick<LogReader, 'entries' | 'row' | 'rowsOfBlob'>

/** What is still in use of the registry in this log. */
export function createValuesInUse(reader: Reader): ValuesInUse {
  return {
    ofEntry: (index) => {
      const [entry] = reader.entries(index, 1)
      if (entry === undefined || entry.effects === null || entry.values === null) return undefined
      const values = parseValues(entry.values)
      const { writes } = parseEffects(readPart(entry.effects))
      const left = valueWrites(writes).filter(({ position }) => !isWithheld(values[position]))
      const used = left.flatMap((write) => {
        const use = useOfWrite(reader, write) ?? useOfBlob(reader, blobOf(values[write.position]))
        return use === undefined ? [] : [{ write: write.position, ...use }]
      })
      return { left: left.map(({ position }) => position), used }
    },
    packagesOf: (index) => {
      const [entry] = reader.entries(index, 1)
      if (!entry?.effects) return []
      const { writes } = parseEffects(readPart(entry.effects))
      return [...new Set(writes.flatMap(([object]) => parsePackageObject(object)?.name ?? []))]
    },
    ofBlob: (blob) => useOfBlob(reader, blob),
  }
}

function useOfWrite(reader: Reader, { object, field, valueHash }: ValueWrite): Use | undefined {
  const row = reader.row(object, field)
  const isCurrent = row !== undefined && Buffer.from(row.hash).toString('hex') === valueHash
  return isCurrent && !isWithheld(row.value) ? useOf(reader, object, field) : undefined
}

/** A long value goes with its blob, wherever else it stands. */
function useOfBlob(reader: Reader, blob: string | undefined): Use | undefined {
  if (blob === undefined) return undefined
  const uses = reader.rowsOfBlob(blob).map(({ object, field }) => useOf(reader, object, field))
  return uses.find((use) => use !== undefined)
}

/** What a value that the state holds is used for; undefined where nothing reads it. */
function useOf(reader: Reader, object: string, field: string): Use | undefined {
  if (field.endsWith('/')) return {} // A directory: there is nothing in it to take down.
  const place = parsePackageObject(object)
  if (place === undefined) return otherUse(object, field)
  const { name, part } = place
  const spec = `${name}@${field}`
  if (part === 'versions' || part === 'contents') {
    if (isRemoved(reader, name, field)) return undefined
    const first = `remove it first (stele takedown ${spec})`
    return { what: `the release ${spec}`, first }
  }
  if (part === 'notices' && isRemoved(reader, name, field)) {
    return { what: `the notice that ${spec} was removed` }
  }
  const what = `the ${part === '' ? field : part} of "${name}"`
  const first = firstSteps[part]
  return first === undefined ? { what } : { what, first }
}

/** By the part of a package: how what is there can be changed. */
const firstSteps: { readonly [part: string]: string } = {
  tags: 'point them to another version first (npm dist-tag add)',
  notices: 'change them first (npm deprecate)',
  owners: 'remove the owner first (npm owner rm)',
  stars: 'take the star back first (npm unstar)',
}

function otherUse(object: string, field: string): Use {
  if (object === '/accounts') return { what: `the account "${field}"` }
  if (object === '/names') {
    const name = decodeSegment(field)
    const first = `end it first (stele reserve remove '${name}')`
    return { what: `the reservation of "${name}"`, first }
  }
  const [, scanner, segment] = /^\/located\/([^/]+)\/([^/]+)$/.exec(object) ?? []
  if (segment !== undefined) {
    const first = 'take it out of the folder or archive where it lies first'
    return { what: `${decodeSegment(segment)}@${field}, which "${scanner}" located`, first }
  }
  // Of rules that are not this release's, too: nobody knows what they read.
  return { what: `the value of "${field}" in "${object}"` }
}

function isRemoved(reader: Reader, name: string, version: string): boolean {
  const row = reader.row(`${packageObject(name)}/notices`, version)
  if (row === undefined || !('bytes' in row.value)) return false
  return parseNotice(Buffer.from(row.value.bytes).toString()).gone
}

function blobOf(value: EntryValue | undefined): string | undefined {
  return value !== undefined && 'blob' in value ? value.blob : undefined
}

function isWithheld(value: EntryValue | undefined): boolean {
  return value !== undefined && 'withheld' in value
}
