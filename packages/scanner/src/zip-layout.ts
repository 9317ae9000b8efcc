// Where an archive contradicts itself: readers that start elsewhere in it would see other files than those that were looked at.
import type { Entry } from 'yauzl'

type Placed = Pick<
  Entry,
  | 'fileName'
  | 'fileNameRaw'
  | 'compressionMethod'
  | 'relativeOffsetOfLocalHeader'
  | 'fileNameLength'
  | 'extraFieldLength'
  | 'fileCommentLength'
>

/** What is wrong with an archive of these entries, folders among them; undefined when it is sound. */
export function layoutFault(bytes: Uint8Array, entries: readonly Placed[]): string | undefined {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (directorySize(archive) !== sizeOf(entries)) return 'its end tells of another list of files'
  const moved = entries.find((entry) => !isAtItsPlace(archive, entry))
  if (moved !== undefined) return `${shown(moved)} has another name, or kind, where its data is`
  const clash = fileWithFiles(entries)
  return clash && `${shown(clash)} is a file and a folder`
}

/** Where the data of an entry begins, in an archive whose layout is sound. */
export function dataOffset(
  bytes: Uint8Array,
  { relativeOffsetOfLocalHeader: at }: Pick<Placed, 'relativeOffsetOfLocalHeader'>,
): number {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return at + localBytes + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28)
}

const endBytes = 22
const centralBytes = 46
const localBytes = 30

/** Bytes of the list of files, as the end of the archive tells it. */
function directorySize(archive: Buffer): number {
  const end = archive.lastIndexOf('PK\u0005\u0006', archive.length - endBytes, 'latin1')
  return archive.readUInt32LE(end + 12)
}

/** Bytes of the list of the files that were read. */
function sizeOf(entries: readonly Placed[]): number {
  return entries.reduce(
    (sum, { fileNameLength, extraFieldLength, fileCommentLength }) =>
      sum + centralBytes + fileNameLength + extraFieldLength + fileCommentLength,
    0,
  )
}

function isAtItsPlace(
  archive: Buffer,
  { fileNameRaw, compressionMethod, relativeOffsetOfLocalHeader: at }: Placed,
): boolean {
  if (at + localBytes + fileNameRaw.length > archive.length) return false
  const nameBytes = archive.readUInt16LE(at + 26)
  const name = archive.subarray(at + localBytes, at + localBytes + nameBytes)
  return archive.readUInt16LE(at + 8) === compressionMethod && name.equals(fileNameRaw)
}

/** A file whose path is also that of a folder. Sorted with a slash at the end, such a one stands next to what lies in it. */
function fileWithFiles(entries: readonly Placed[]): Placed | undefined {
  const sorted = entries
    .map((entry) => ({ entry, path: `${entry.fileName.replace(/\/$/, '')}/` }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const found = sorted.find(({ entry, path }, at) => {
    const next = sorted[at + 1]
    if (next === undefined || !next.path.startsWith(path)) return false
    const isFile = !entry.fileName.endsWith('/')
    return isFile || (next.path === path && !next.entry.fileName.endsWith('/'))
  })
  return found?.entry
}

function shown({ fileName }: Placed): string {
  return `"${fileName.slice(0, 200)}"`
}
