// The zip of a release: the same bytes each time, on every machine. The form is PKWARE's APPNOTE.TXT, of which this needs little.
import { crc32 } from 'node:zlib'
import { SteleError } from '@stele/errors'
import type { TarballFile } from '@stele/tarball'
import { createPauses } from './turns.ts'

/**
 * An archive of the files, in their order, with package.json at its root. They are stored as they are: what deflate makes of them
 * differs between versions of zlib and between processors, and the digest of a zip must not. Throws tarball_too_large for more files
 * than such an archive can count.
 */
export async function writeZip(
  files: Iterable<Pick<TarballFile, 'path' | 'mode' | 'content'>>,
): Promise<Uint8Array> {
  const all = [...files]
  if (all.length > maxFiles) {
    const what = 'the number of its files'
    throw new SteleError('tarball_too_large', { what, limit: maxFiles, found: all.length })
  }
  const pause = createPauses()
  const locals: Uint8Array[] = []
  const centrals: Uint8Array[] = []
  let offset = 0
  for (const { path, mode, content } of all) {
    await pause()
    const name = Buffer.from(path)
    const common = commonHeader(name, content)
    centrals.push(centralHeader(common, mode, offset), name)
    const local = Buffer.concat([localSign, common])
    locals.push(local, name, content)
    offset += local.length + name.length + content.length
  }
  const size = centrals.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([...locals, ...centrals, endRecord(all.length, size, offset)])
}

/** What two bytes can count, and the last of them means another form. */
const maxFiles = 65_534
const localSign = Buffer.from('PK\u0003\u0004')
const centralSign = Buffer.from('PK\u0001\u0002')
const endSign = Buffer.from('PK\u0005\u0006')

/** 2.0, which knows folders. */
const versionNeeded = 20
/** On Unix, by 6.3, which has names in UTF-8. */
const versionMadeBy = 3 * 256 + 63
const namesAreUtf8 = 0x800
/** The first day that a zip can tell. Zips have local time, so that this is the same bytes in every zone. */
const firstDay = (1 << 5) | 1

/** What stands both before the content and in the list of files. */
function commonHeader(name: Uint8Array, content: Uint8Array): Buffer {
  const header = Buffer.alloc(26)
  header.writeUInt16LE(versionNeeded, 0)
  header.writeUInt16LE(namesAreUtf8, 2)
  header.writeUInt16LE(firstDay, 8)
  header.writeUInt32LE(crc32(content), 10)
  header.writeUInt32LE(content.length, 14)
  header.writeUInt32LE(content.length, 18)
  header.writeUInt16LE(name.length, 22)
  return header
}

function centralHeader(common: Uint8Array, mode: 644 | 755, offset: number): Uint8Array {
  const madeBy = Buffer.alloc(2)
  madeBy.writeUInt16LE(versionMadeBy)
  const rest = Buffer.alloc(14)
  rest.writeUInt16LE(mode === 755 ? 0o100755 : 0o100644, 8)
  rest.writeUInt32LE(offset, 10)
  return Buffer.concat([centralSign, madeBy, common, rest])
}

function endRecord(count: number, size: number, offset: number): Uint8Array {
  const record = Buffer.alloc(18)
  record.writeUInt16LE(count, 4)
  record.writeUInt16LE(count, 6)
  record.writeUInt32LE(size, 8)
  record.writeUInt32LE(offset, 12)
  return Buffer.concat([endSign, record])
}
