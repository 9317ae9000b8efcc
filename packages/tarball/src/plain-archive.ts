// The files of an archive that is as nearly all are: ustar headers, ASCII paths, nothing twice. Ten times as fast as reading every form
// of tar; whatever is otherwise in any way is left to that reader, so both always say the same.
import { blockBytes, sumOf } from './header.ts'
import type { TarballLimits } from './limits.ts'

/** A file, with its content as `[start, end)` of the archive. */
export type PlainFile = {
  readonly path: string
  readonly mode: 644 | 755
  readonly start: number
  readonly end: number
}

const space = 0x20
const zero = 0x30
const folderType = 0x35
/** Printable ASCII without backslash, and then NULs alone. */
const plainField = /^[ -[\]-~]*\0*$/
/** Segments that a path must not have. */
const oddSegment = /(?:^|\/)(?:\.{0,2})(?:\/|$)/

/** The files in the order of the archive; undefined where something is not plain, right or wrong. */
export function readPlainArchive(
  archive: Buffer,
  { maxFiles }: TarballLimits,
): readonly PlainFile[] | undefined {
  const files: PlainFile[] = []
  const paths = new Set<string>()
  const folders = new Set<string>()
  for (let offset = 0; offset < archive.length; ) {
    if (offset + blockBytes > archive.length) return undefined
    if (archive[offset] === 0) return endsHere(archive, offset) ? files : undefined
    const size = sizeOf(archive, offset)
    const path = size === undefined ? undefined : pathOf(archive, offset)
    if (size === undefined || path === undefined) return undefined
    const start = offset + blockBytes
    if (archive[offset + 156] === folderType) {
      // A folder has no body, whatever its size.
      if (size !== 0 || !enterFolder({ paths, folders, path: path.replace(/\/$/, '') }))
        return undefined
      offset = start
      continue
    }
    const end = start + size
    if (path === '' || path.endsWith('/') || end > archive.length || files.length >= maxFiles)
      return undefined
    if (paths.has(path) || folders.has(path)) return undefined
    const slash = path.lastIndexOf('/')
    if (slash > 0 && !enterFolder({ paths, folders, path: path.slice(0, slash) })) return undefined
    paths.add(path)
    files.push({ path, mode: isExecutable(archive, offset) ? 755 : 644, start, end })
    offset = start + Math.ceil(size / blockBytes) * blockBytes
  }
  return files
}

type Entering = {
  readonly paths: ReadonlySet<string>
  readonly folders: Set<string>
  readonly path: string
}

/** Notes the folder with those that it is in; false where one of them is a file. */
function enterFolder({ paths, folders, path }: Entering): boolean {
  for (
    let at = path;
    at !== '' && !folders.has(at);
    at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))
  ) {
    if (paths.has(at)) return false
    folders.add(at)
  }
  return true
}

/** The size that a plain header tells; undefined for any other. */
function sizeOf(archive: Buffer, offset: number): number | undefined {
  const type = archive[offset + 156]
  if (type !== zero && type !== folderType && type !== 0) return undefined
  if (textOf(archive, offset + 157, 100) !== '' || !isUstar(archive, offset)) return undefined
  for (const field of binaryFields) if ((archive[offset + field] ?? 0) >= 0x80) return undefined
  if (sumOf(archive, offset) !== octal(archive, offset + 148, 8)) return undefined
  if (octal(archive, offset + 100, 8) === undefined) return undefined
  return octal(archive, offset + 124, 12)
}

/** Where numbers stand, or what some readers take for numbers: owner, group, time, devices, times behind a short prefix. */
const binaryFields = [108, 116, 136, 329, 337, 476, 488]

function isUstar(archive: Buffer, offset: number): boolean {
  return archive.toString('latin1', offset + 257, offset + 265) === 'ustar\u000000'
}

/** The path without its first segment. */
function pathOf(archive: Buffer, offset: number): string | undefined {
  const name = textOf(archive, offset, 100)
  if (name === undefined || name === '') return undefined
  let path = name
  if (archive[offset + 345] !== 0) {
    const prefix = textOf(archive, offset + 345, 155)
    if (prefix === undefined) return undefined
    path = `${prefix}/${name}`
  } else if (textOf(archive, offset + 345, 155) !== '') return undefined
  if (oddSegment.test(path.endsWith('/') ? path.slice(0, -1) : path)) return undefined
  const slash = path.indexOf('/')
  return slash < 0 ? '' : path.slice(slash + 1)
}

function textOf(archive: Buffer, offset: number, length: number): string | undefined {
  const field = archive.toString('latin1', offset, offset + length)
  if (!plainField.test(field)) return undefined
  const end = field.indexOf('\0')
  return end < 0 ? field : field.slice(0, end)
}

function isExecutable(archive: Buffer, offset: number): boolean {
  return ((octal(archive, offset + 100, 8) ?? 0) & 0o111) !== 0
}

/** Octal digits, and then only NULs and spaces; undefined for anything else. */
function octal(archive: Buffer, offset: number, length: number): number | undefined {
  let value = 0
  let index = offset
  const end = offset + length
  for (; index < end; index++) {
    const digit = (archive[index] ?? 0) - zero
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  if (index === offset || index === end) return undefined
  for (; index < end; index++)
    if (archive[index] !== 0 && archive[index] !== space) return undefined
  return value
}

/** Two empty blocks, or one that is the last. */
function endsHere(archive: Buffer, offset: number): boolean {
  const end = Math.min(offset + 2 * blockBytes, archive.length)
  for (let index = offset; index < end; index++) if (archive[index] !== 0) return false
  return true
}
