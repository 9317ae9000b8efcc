// An archive that somebody uploads: a zip or a JAR, everything in it a stranger's. What readers disagree about is refused, and
// nothing is unpacked before all that the archive says of itself has been looked at.
import { crc32, createInflateRaw } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import {
  maxInflatedPieceBytes,
  maxZipEntries,
  maxZipNameBytes,
  maxZipPathBytes,
  maxZipUnpackedBytes,
} from './limits.ts'
import { dataOffset, layoutFault } from './zip-layout.ts'

/** A file of an archive. */
export type ZipEntry = {
  readonly path: string
  readonly mode: 644 | 755
  readonly content: Uint8Array
}

/** The paths in an archive, folders among them, as they stand there: nothing of it was looked at yet. Throws upload_invalid. */
export async function listZip(bytes: Uint8Array): Promise<readonly string[]> {
  const zip = await openZip(bytes)
  return orRefuse(async () => {
    const paths: string[] = []
    for await (const { fileName } of zip.eachEntry()) {
      if (paths.push(fileName) > maxZipEntries)
        throw refused(`it has more than ${maxZipEntries} entries`)
    }
    return paths
  })
}

/** The files of an archive in its order, folders left out, each in memory of its own. Throws upload_invalid. */
export async function readZip(bytes: Uint8Array): Promise<readonly ZipEntry[]> {
  const zip = await openZip(bytes)
  const entries = await orRefuse(() => listEntries(zip))
  const fault = layoutFault(bytes, entries)
  if (fault !== undefined) throw refused(fault)
  const files: ZipEntry[] = []
  try {
    for (const entry of entries.filter(({ fileName }) => !fileName.endsWith('/')))
      files.push(await orRefuse(() => readEntry(bytes, entry)))
  } catch (error) {
    releaseFiles(files)
    throw error
  }
  return files
}

async function openZip(bytes: Uint8Array): Promise<ZipFile> {
  const zip = await orRefuse(() =>
    fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
      lazyEntries: true,
      strictFileNames: true,
      validateEntrySizes: true,
    }),
  )
  if (zip.entryCount <= maxZipEntries) return zip
  throw refused(`it has ${zip.entryCount} entries, and the limit is ${maxZipEntries}`)
}

/** The entries, folders among them, once all have been looked at. */
async function listEntries(zip: ZipFile): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const files = new Set<string>()
  let unpackedBytes = 0
  for await (const entry of zip.eachEntry()) {
    if (entries.push(entry) > maxZipEntries)
      throw refused(`it has more than ${maxZipEntries} entries`)
    unpackedBytes += entry.uncompressedSize
    if (unpackedBytes > maxZipUnpackedBytes) {
      throw refused(`it unpacks to more than ${maxZipUnpackedBytes} bytes`)
    }
    checkEntry(entry)
    if (entry.fileName.endsWith('/')) continue
    if (files.has(entry.fileName)) throw refused(`"${shown(entry)}" is in it twice`)
    files.add(entry.fileName)
  }
  return entries
}

function checkEntry(entry: Entry): void {
  const { fileName, generalPurposeBitFlag, extraFields, fileNameRaw } = entry
  const what = `"${shown(entry)}"`
  const segments = fileName.replace(/\/$/, '').split('/')
  const isTooLong = segments.some((one) => Buffer.byteLength(one) > maxZipNameBytes)
  if (fileNameRaw.length > maxZipPathBytes || isTooLong) {
    throw refused(`the path ${what} is too long`)
  }
  if (/[\u0000-\u001f\u007f\\]/.test(fileName)) {
    throw refused(`the path ${what} has a control character or a backslash`)
  }
  if (segments.some((one) => one === '' || one === '.' || one === '..')) {
    throw refused(`the path ${what} has an empty segment, or one that is "." or ".."`)
  }
  const isAscii = fileNameRaw.every((byte) => byte < 0x80)
  const saysUtf8 =
    (generalPurposeBitFlag & 0x800) !== 0 || extraFields.some(({ id }) => id === unicodePath)
  if (!isAscii && (!saysUtf8 || fileName.includes('\uFFFD'))) {
    throw refused(`the path ${what} is not in UTF-8, or does not say that it is`)
  }
  if (entry.isEncrypted()) throw refused(`${what} is encrypted`)
  if (!entry.canDecodeFileData()) {
    throw refused(`${what} is compressed with method ${entry.compressionMethod}, wanted deflate`)
  }
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000
  if (kind !== 0 && kind !== regularFile && kind !== folder) {
    throw refused(`${what} is a link or a special file`)
  }
}

/** The extra field with a path in UTF-8, of Info-ZIP. */
const unicodePath = 0x7075
const regularFile = 0o100000
const folder = 0o040000

async function readEntry(bytes: Uint8Array, entry: Entry): Promise<ZipEntry> {
  const content = await readContent(bytes, entry)
  const isExecutable = ((entry.externalFileAttributes >>> 16) & 0o111) !== 0
  if (crc32(content) === entry.crc32) {
    return { path: entry.fileName, mode: isExecutable ? 755 : 644, content }
  }
  release(content)
  throw refused(`the checksum of "${shown(entry)}" is wrong`)
}

/** The bytes of an entry, in memory of their own. */
async function readContent(bytes: Uint8Array, entry: Entry): Promise<Uint8Array> {
  const start = dataOffset(bytes, entry)
  const view = bytes.subarray(start, start + entry.compressedSize)
  if (view.length < entry.compressedSize) throw refused(`"${shown(entry)}" is cut off`)
  // A copy that nobody takes back: zlib may read it in another thread when the archive is answered, and its memory used for something else.
  const packed = new Uint8Array(view)
  if (entry.compressionMethod === 0) return packed
  const content = new Uint8Array(entry.uncompressedSize)
  if (await inflateInto(content, packed)) return content
  release(content)
  throw refused(`"${shown(entry)}" has another size than it says`)
}

/** Put where it stays: pieces that are joined at the end would be held twice. False where there is more of it, or less. */
async function inflateInto(content: Uint8Array, packed: Uint8Array): Promise<boolean> {
  const chunkSize = Math.min(Math.max(content.length + 1, 64), maxInflatedPieceBytes)
  let at = 0
  for await (const piece of createInflateRaw({ chunkSize }).end(packed)) {
    if (!(piece instanceof Uint8Array)) throw new Error('zlib gave no bytes')
    if (at + piece.length > content.length) return false
    content.set(piece, at)
    at += piece.length
  }
  return at === content.length
}

/** Takes back the memory of files that nobody needs any more: many archives come before somebody looks for garbage. */
export function releaseFiles(files: readonly ZipEntry[]): void {
  for (const { content } of files) release(content)
}

/** Takes back the memory of bytes, unless they share it: Node puts small ones into one place. */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.detached) return
  if (buffer.byteLength === byteLength) buffer.transfer(0)
}

/** What yauzl, or zlib, says of an archive becomes the reason why it is refused. */
async function orRefuse<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof SteleError || !(error instanceof Error)) throw error
    throw refused(`it is not a sound zip archive: ${error.message.slice(0, 200)}`, error)
  }
}

function shown({ fileName }: Entry): string {
  return fileName.slice(0, 200)
}

function refused(reason: string, cause?: Error): SteleError {
  return new SteleError('upload_invalid', { spec: 'the archive', reason }, { cause })
}
