// The entries of a tar archive, in order: old, ustar, pax and GNU long names.
import { SteleError } from '@stele/errors'
import { blockBytes, type Header, readHeader, readText } from './header.ts'
import { invalid } from './invalid.ts'
import { maxExtendedBytes, maxHeadersPerFile, type TarballLimits } from './limits.ts'
import { decodePath } from './path.ts'
import { checkGlobalPax, type Extended, readPax } from './pax.ts'

/** A file or folder of the archive. The path is not checked yet, and `content` is part of the archive's own memory. */
export type Entry = {
  readonly kind: 'file' | 'folder'
  readonly path: string
  readonly mode: number
  readonly content: Buffer
}

/** The archive's files and folders; links and special files are left out. Throws tarball_invalid, tarball_too_large. */
export function readEntries(archive: Buffer, limits: TarballLimits): Entry[] {
  const entries: Entry[] = []
  const maxHeaders = (limits.maxFiles + 1) * maxHeadersPerFile
  let extended: Extended = {}
  let headerCount = 0
  for (let offset = 0; offset < archive.length; ) {
    if (offset + blockBytes > archive.length) throw invalid('it ends inside a header')
    const header = readHeader(archive, offset)
    if (header === undefined) {
      checkEnd(archive, offset)
      break
    }
    if (++headerCount > maxHeaders) throw tooMany(maxHeaders, headerCount)
    const found = readEntry({ archive, start: offset + blockBytes, header, extended })
    if (found.entry !== undefined) entries.push(found.entry)
    extended = found.extended
    offset = found.next
  }
  return entries
}

const noContent = Buffer.alloc(0)

type At = {
  readonly archive: Buffer
  /** Where the entry's body starts. */
  readonly start: number
  readonly header: Header
  readonly extended: Extended
}

type Found = { readonly entry?: Entry; readonly extended: Extended; readonly next: number }

function readEntry(at: At): Found {
  const { start, header, extended } = at
  const { type } = header
  checkShape(at)
  if (extensions.includes(type)) return readExtension(at)
  if (type === 'K') {
    const { next } = endOf(at, header.size)
    return { extended: { ...extended, hasTarget: true }, next }
  }
  if (files.includes(type) || type === '5') return readFileOrFolder(at)
  if (links.includes(type)) {
    // Readers disagree on whether the body of a link or a device is there, so it must have none.
    if (header.size !== 0) throw invalid('a link or special file has contents')
    return { extended: {}, next: start }
  }
  return { extended: {}, next: endOf(at, header.size).next }
}

/** Extended headers, and GNU's long names; N and X are their old forms. */
const extensions = ['x', 'X', 'g', 'L', 'N']
const files = ['0', '\0', '7']
/** Links, devices and pipes. */
const links = ['1', '2', '3', '4', '6']

/** Refuses what npm takes for a broken header: it drops that, and takes the body for more headers. Others do not. */
function checkShape({ header, extended }: At): void {
  const { type, name, hasTarget } = header
  const isFile = files.includes(type)
  if (hasTarget !== (type === '1' || type === '2')) {
    throw invalid(hasTarget ? 'what is no link has a link target' : 'a link has no target')
  }
  const isNamed = extended.path !== undefined && (isFile || type === '5' || links.includes(type))
  if (name.length === 0 && !isNamed) throw invalid('a path is empty')
  const takesExtended = isFile || type === 'K' || extensions.includes(type)
  if (extended.size !== undefined && !takesExtended) throw invalid('what is no file has a size')
}

/** A header that speaks of the next entry (or of all). */
function readExtension(at: At): Found {
  const { archive, start, header, extended } = at
  if (header.size > maxExtendedBytes) throw invalid('an extended header is over 1 MiB')
  const { end, next } = endOf(at, header.size)
  const body = archive.subarray(start, end)
  if (header.type === 'g') {
    checkGlobalPax(body)
    return { extended, next }
  }
  const isName = header.type === 'L' || header.type === 'N'
  const path = isName ? { path: readText(body, 0, body.length) } : undefined
  return { extended: path ? { ...extended, ...path } : readPax(body, extended), next }
}

function readFileOrFolder(at: At): Found {
  const { archive, start, header, extended } = at
  if (extended.hasTarget) throw invalid('a file or folder has a link target')
  const path =
    extended.path === undefined
      ? decodePath(header.prefix, header.name)
      : decodePath(new Uint8Array(), extended.path)
  // Archives older than the type for folders mark them by the slash. As npm: a folder has no body, whatever its size.
  if (header.type === '5' || path.endsWith('/')) {
    const entry: Entry = { kind: 'folder', path, mode: header.mode, content: noContent }
    return { entry, extended: {}, next: start }
  }
  const { end, next } = endOf(at, extended.size ?? header.size)
  const content = archive.subarray(start, end)
  return { entry: { kind: 'file', path, mode: header.mode, content }, extended: {}, next }
}

/** Where the body ends, and where the next header starts. */
function endOf({ archive, start }: At, size: number): { end: number; next: number } {
  const end = start + size
  if (end > archive.length) throw invalid('it ends inside a file')
  return { end, next: start + Math.ceil(size / blockBytes) * blockBytes }
}

/** The archive ends with two empty blocks, or with its last; readers disagree on one with more behind it. */
function checkEnd(archive: Buffer, offset: number): void {
  const next = offset + blockBytes
  if (next + blockBytes > archive.length) return
  if (readHeader(archive, next) !== undefined) throw invalid('it goes on after an empty block')
}

function tooMany(limit: number, found: number): SteleError<'tarball_too_large'> {
  return new SteleError('tarball_too_large', { what: 'its number of headers', limit, found })
}
