// The files of one call: the state as it was, with the call's own changes on top (spec/state.md "State trie", System.files).
// Every operation answers with a number: 0 or more is success, below are the codes that the prelude turns into errors.
import { hash } from 'node:crypto'
import type { StateReader, Write } from '@stele/entries/calls'
import { compareWrites } from '@stele/entries/parts'
import { isSteleError } from '@stele/errors'
import { compareUtf8 } from '@stele/formats/names'
import type { Limits } from './limits.ts'
import { Trap } from './trap.ts'

/** Answers of file operations; the prelude knows the same numbers. */
export const fileCode = {
  notFound: -1,
  notAFile: -2,
  notAFolder: -3,
  exists: -4,
  noParent: -5,
  notEmpty: -6,
  badPath: -7,
  notOpen: -8,
  badEncoding: -9,
  folder: -10,
  oddText: -11,
  badBlobName: -12,
} as const

/** Bytes of an object's and of a field's name in the trie (spec/state.md "State trie"). */
const maxObjectBytes = 512
const maxFieldBytes = 1024

const root = '/'
const badSegment = /\/\.{0,2}(?:\/|$)/ // Empty, "." or "..".
const empty = new Uint8Array(0)

type Place = { readonly object: string; readonly field: string }
/** A value that was taken down: what is left of it is its hash, and what reading it throws. */
type Withheld = { readonly hash: string; readonly error: Error }
type Content = Uint8Array | Withheld | undefined
type Slot = { readonly before: Content; now: Content }

/** What a call sees of the state, and what it changes. */
export type FileSession = {
  /** The file's size, or `folder`. */
  readonly stat: (path: string) => number
  readonly read: (path: string) => Uint8Array | number
  /** The folder's fields, sorted by UTF-8 bytes; folders within end with "/". */
  readonly list: (path: string) => readonly string[] | number
  readonly write: (path: string, value: Uint8Array) => number
  readonly makeFolder: (path: string) => number
  readonly remove: (path: string) => number
  readonly removeFolder: (path: string, isRecursive: boolean) => number
  /** Operations that changed something, or wrote what was there already. */
  readonly changes: () => number
  /** Net against the state before the call, in the order of effects. */
  readonly writes: () => readonly Write[]
}

/** Opens the state for one call. Writing beyond the limits throws a Trap. */
export function openFiles(state: StateReader, limits: Limits): FileSession {
  const overlay = openOverlay(state, limits)
  return {
    stat: (path) => stat(overlay, path),
    read: (path) => read(overlay, path),
    list: (path) => list(overlay, path),
    write: (path, value) => write(overlay, path, value),
    makeFolder: (path) => makeFolder(overlay, path),
    remove: (path) => remove(overlay, path),
    removeFolder: (path, isRecursive) => removeFolder(overlay, path, isRecursive),
    changes: () => overlay.changes(),
    writes: () => netWrites(overlay.objects),
  }
}

/** The state with changes on top, by object and field. */
type Overlay = {
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, Slot>>
  readonly slot: (place: Place) => Slot
  readonly has: (place: Place) => boolean
  readonly hasFolder: (path: string) => boolean
  readonly fields: (object: string) => readonly string[]
  /** Counts one operation that changed something; 0, the answer of such operations. */
  readonly count: (bytes: number) => 0
  /** Counts bytes of work alone. */
  readonly spend: (bytes: number) => void
  readonly changes: () => number
}

function openOverlay(state: StateReader, limits: Limits): Overlay {
  const objects = new Map<string, Map<string, Slot>>()
  const listings = new Map<string, readonly string[]>() // As before the call.
  let changes = 0
  let spentBytes = 0
  const slot = ({ object, field }: Place): Slot => {
    const fields = objects.get(object) ?? new Map<string, Slot>()
    if (fields.size === 0) objects.set(object, fields)
    let found = fields.get(field)
    if (found === undefined) {
      const before = contentOf(state, object, field)
      found = { before, now: before }
      fields.set(field, found)
    }
    return found
  }
  const has = (place: Place): boolean => slot(place).now !== undefined
  const spend = (bytes: number): void => {
    spentBytes += bytes
    if (spentBytes > limits.writeBytes) throw new Trap('writeBytes')
  }
  return {
    objects,
    slot,
    has,
    hasFolder: (path) => path === root || has(folderPlace(path)),
    fields(object) {
      const before = listings.get(object) ?? state.list(object)
      listings.set(object, before)
      return mergeFields(before, objects.get(object) ?? new Map())
    },
    count(bytes) {
      changes += 1
      if (changes > limits.writes) throw new Trap('writes')
      spend(bytes)
      return 0
    },
    spend,
    changes: () => changes,
  }
}

/** The fields as they are now: sorted, as they came, by UTF-8 bytes. */
function mergeFields(
  before: readonly string[],
  slots: ReadonlyMap<string, Slot>,
): readonly string[] {
  const fields = new Set(before)
  for (const [field, { now }] of slots) {
    if (now === undefined) fields.delete(field)
    else fields.add(field)
  }
  const isAsBefore = fields.size === before.length && before.every((field) => fields.has(field))
  return isAsBefore ? before : [...fields].sort(compareUtf8)
}

/** What the state holds. A withheld value is there, can be written over and removed, and only reading it ends the call. */
function contentOf(state: StateReader, object: string, field: string): Content {
  try {
    return state.get(object, field)
  } catch (error) {
    if (!isSteleError(error, 'value_withheld')) throw error
    return { hash: error.details.hash, error }
  }
}

function readable(content: Content): Uint8Array | undefined {
  if (content === undefined || content instanceof Uint8Array) return content
  throw content.error
}

function stat(overlay: Overlay, path: string): number {
  if (path === root) return fileCode.folder
  if (!isPath(path)) return fileCode.badPath
  const found = readable(overlay.slot(placeOf(path)).now)
  if (found !== undefined) return found.length
  return overlay.hasFolder(path) ? fileCode.folder : fileCode.notFound
}

function read(overlay: Overlay, path: string): Uint8Array | number {
  if (path === root) return fileCode.notAFile
  if (!isPath(path)) return fileCode.badPath
  const found = readable(overlay.slot(placeOf(path)).now)
  if (found !== undefined) return found
  return overlay.hasFolder(path) ? fileCode.notAFile : fileCode.notFound
}

function list(overlay: Overlay, path: string): readonly string[] | number {
  if (path !== root && !isPath(path)) return fileCode.badPath
  if (overlay.hasFolder(path)) return overlay.fields(path)
  return overlay.has(placeOf(path)) ? fileCode.notAFolder : fileCode.notFound
}

function write(overlay: Overlay, path: string, value: Uint8Array): number {
  if (path === root) return fileCode.exists
  if (!isPath(path)) return fileCode.badPath
  const place = placeOf(path)
  if (!overlay.hasFolder(place.object)) return fileCode.noParent
  if (overlay.hasFolder(path)) return fileCode.exists
  overlay.slot(place).now = value
  return overlay.count(value.length)
}

function makeFolder(overlay: Overlay, path: string): number {
  if (path === root) return fileCode.exists
  if (!isPath(path) || Buffer.byteLength(path) > maxObjectBytes) return fileCode.badPath
  const place = placeOf(path)
  if (!overlay.hasFolder(place.object)) return fileCode.noParent
  if (overlay.has(place) || overlay.hasFolder(path)) return fileCode.exists
  overlay.slot(folderPlace(path)).now = empty
  return overlay.count(0)
}

function remove(overlay: Overlay, path: string): number {
  if (path === root) return fileCode.notAFile
  if (!isPath(path)) return fileCode.badPath
  const place = placeOf(path)
  if (!overlay.has(place)) {
    return overlay.hasFolder(path) ? fileCode.notAFile : fileCode.notFound
  }
  overlay.slot(place).now = undefined
  return overlay.count(0)
}

function removeFolder(overlay: Overlay, path: string, isRecursive: boolean): number {
  if (!isPath(path)) return fileCode.badPath
  if (!overlay.hasFolder(path)) {
    return overlay.has(placeOf(path)) ? fileCode.notAFolder : fileCode.notFound
  }
  if (!isRecursive && overlay.fields(path).length > 0) return fileCode.notEmpty
  clearFolder(overlay, path)
  overlay.slot(folderPlace(path)).now = undefined
  return overlay.count(0)
}

/** Removes all within. What it may remove is bounded as what a call may write. */
function clearFolder(overlay: Overlay, path: string): void {
  for (const field of overlay.fields(path)) {
    if (field.endsWith('/')) clearFolder(overlay, join(path, field.slice(0, -1)))
    overlay.spend(field.length)
    overlay.slot({ object: path, field }).now = undefined
  }
}

/** True for "/a", "/a/b" …: neither the root nor anything that names an object or field beyond the trie's sizes. */
function isPath(path: string): boolean {
  if (path.charCodeAt(0) !== 0x2f || badSegment.test(path)) return false
  if (path.length <= maxObjectBytes / 3) return true // However it is encoded.
  const { object, field } = placeOf(path)
  return Buffer.byteLength(object) <= maxObjectBytes && Buffer.byteLength(field) < maxFieldBytes
}

function placeOf(path: string): Place {
  const slash = path.lastIndexOf('/')
  return { object: slash === 0 ? root : path.slice(0, slash), field: path.slice(slash + 1) }
}

function folderPlace(path: string): Place {
  const { object, field } = placeOf(path)
  return { object, field: `${field}/` }
}

function join(folder: string, name: string): string {
  return folder === root ? `/${name}` : `${folder}/${name}`
}

function netWrites(objects: ReadonlyMap<string, ReadonlyMap<string, Slot>>): readonly Write[] {
  const writes: Write[] = []
  for (const [object, fields] of objects) {
    for (const [field, { before, now }] of fields) {
      if (isSame(before, now)) continue
      writes.push({ object, field, value: readable(now) ?? null })
    }
  }
  return writes.sort(compareWrites)
}

function isSame(before: Content, now: Content): boolean {
  if (before === undefined || now === undefined || before === now) return before === now
  const written = readable(now)
  if (written === undefined) return false
  if (before instanceof Uint8Array) return Buffer.compare(before, written) === 0
  return hash('sha256', written) === before.hash
}
