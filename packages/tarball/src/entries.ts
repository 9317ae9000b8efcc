// The entries of a tar archive, in order: old, ustar, pax and GNU long names.
import { SteleError } from '@stele/errors'
import { blockBytes, type Header, readHeader, readText } from './header.ts'
import { invalid } from './invalid.ts'
import { maxExtendedBytes, maxHeadersPerFile, type TarballLimits } from './limits.ts'
import { decodePath } from './path.ts'
import { checkGlobalPax, type Extended, readPax } from './pax.ts'

/**
 * A file or folder of the archive. The path is not checked yet. `content` is part of the archive's own memory; it, or `sha256`, is absent
 * where whoever walks the archive left it out.
 */
export type Entry = {
  readonly kind: 'file' | 'folder'
  readonly path: string
  readonly mode: number
  readonly size: number
  readonly content?: Buffer | undefined
  readonly sha256?: string | undefined
}

/** What comes next of an archive: bytes that are looked at, the content of a file, or what nobody needs. */
export type Wanted = {
  readonly what: 'bytes' | 'content' | 'nothing'
  readonly size: number
  /** Of a file, as the archive says it. */
  readonly path?: string
}

/** What came: less than was wanted where the archive ends. */
export type Given = Pick<Entry, 'size' | 'content' | 'sha256'>

/** Walks an archive from its start: says what it wants next, and is given it. Ends with the files and folders; throws as readEntries(). */
export type Walk = Generator<Wanted, Entry[], Given>

/** The archive's files and folders; links and special files are left out. Throws tarball_invalid, tarball_too_large. */
export function readEntries(archive: Buffer, limits: TarballLimits): Entry[] {
  const walk = walkEntries(limits)
  let offset = 0
  for (let step = walk.next(); ; ) {
    if (step.done === true) return step.value
    const content = archive.subarray(offset, offset + step.value.size)
    offset += content.length
    step = walk.next({ size: content.length, content })
  }
}

/** Walks an archive whose bytes somebody else has. */
export function* walkEntries(limits: TarballLimits): Walk {
  const entries: Entry[] = []
  const maxHeaders = (limits.maxFiles + 1) * maxHeadersPerFile
  let extended: Extended = {}
  let headerCount = 0
  for (let offset = 0; ; ) {
    const block = yield* take(blockBytes)
    if (block.length === 0) return entries
    if (block.length < blockBytes) throw invalid('it ends inside a header')
    const header = readHeader(block, 0, offset)
    if (header === undefined) {
      checkEnd(yield* take(blockBytes), offset + blockBytes)
      return entries
    }
    if (++headerCount > maxHeaders) throw tooMany(maxHeaders, headerCount)
    const found = yield* readEntry({ header, extended })
    if (found.entry !== undefined) entries.push(found.entry)
    extended = found.extended
    offset += blockBytes + padded(found.bodyBytes)
    yield { what: 'nothing', size: padded(found.bodyBytes) - found.bodyBytes }
  }
}

type At = { readonly header: Header; readonly extended: Extended }

type Found = {
  readonly entry?: Entry
  readonly extended: Extended
  /** Bytes of its body, which have been taken. */
  readonly bodyBytes: number
}

type Reading<T> = Generator<Wanted, T, Given>

function* take(size: number): Reading<Buffer> {
  const { content } = yield { what: 'bytes', size }
  if (content === undefined) throw new Error('Bytes of an archive were left out')
  return content
}

function* readEntry(at: At): Reading<Found> {
  const { header, extended } = at
  const { type, size } = header
  checkShape(at)
  if (extensions.includes(type)) return yield* readExtension(at)
  if (type === 'K') {
    yield* pass(size)
    return { extended: { ...extended, hasTarget: true }, bodyBytes: size }
  }
  if (files.includes(type) || type === '5') return yield* readFileOrFolder(at)
  if (links.includes(type)) {
    // Readers disagree on whether the body of a link or a device is there, so it must have none.
    if (size !== 0) throw invalid('a link or special file has contents')
    return { extended: {}, bodyBytes: 0 }
  }
  yield* pass(size)
  return { extended: {}, bodyBytes: size }
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
function* readExtension({ header, extended }: At): Reading<Found> {
  const { type, size: bodyBytes } = header
  if (bodyBytes > maxExtendedBytes) throw invalid('an extended header is over 1 MiB')
  const body = yield* take(bodyBytes)
  if (body.length < bodyBytes) throw endsInside()
  if (type === 'g') {
    checkGlobalPax(body)
    return { extended, bodyBytes }
  }
  const isName = type === 'L' || type === 'N'
  const path = isName ? { path: readText(body, 0, body.length) } : undefined
  return { extended: path ? { ...extended, ...path } : readPax(body, extended), bodyBytes }
}

function* readFileOrFolder({ header, extended }: At): Reading<Found> {
  const { type, mode } = header
  if (extended.hasTarget) throw invalid('a file or folder has a link target')
  const path =
    extended.path === undefined
      ? decodePath(header.prefix, header.name)
      : decodePath(new Uint8Array(), extended.path)
  // Archives older than the type for folders mark them by the slash. As npm: a folder has no body, whatever its size.
  if (type === '5' || path.endsWith('/')) {
    const entry: Entry = { kind: 'folder', path, mode, size: 0 }
    return { entry, extended: {}, bodyBytes: 0 }
  }
  const size = extended.size ?? header.size
  const given = yield { what: 'content', size, path }
  if (given.size < size) throw endsInside()
  return { entry: { kind: 'file', path, mode, ...given }, extended: {}, bodyBytes: size }
}

function* pass(size: number): Reading<void> {
  const given = yield { what: 'nothing', size }
  if (given.size < size) throw endsInside()
}

function endsInside(): SteleError {
  return invalid('it ends inside a file')
}

function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes
}

/** The archive ends with two empty blocks, or with its last; readers disagree on one with more behind it. */
function checkEnd(next: Buffer, offset: number): void {
  if (next.length < blockBytes) return
  if (readHeader(next, 0, offset) !== undefined) throw invalid('it goes on after an empty block')
}

function tooMany(limit: number, found: number): SteleError<'tarball_too_large'> {
  return new SteleError('tarball_too_large', { what: 'its number of headers', limit, found })
}
