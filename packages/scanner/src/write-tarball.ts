// A package's tarball out of files: ustar, with extended headers for long paths, as npm packs.
import { promisify } from 'node:util'
import { crc32, gzip } from 'node:zlib'
import { release, type ZipEntry } from './read-zip.ts'

const blockBytes = 512
const maxNameBytes = 100

/** The gzipped archive, each path below `package/`. */
export async function writeTarball(files: readonly ZipEntry[]): Promise<Uint8Array> {
  const archive = archiveOf(files)
  const tarball = await promisify(gzip)(archive)
  release(archive) // Not where it failed: zlib may still read it.
  return tarball
}

/**
 * The same with nothing compressed, and so the same bytes on every machine and whenever it is made: what deflate makes differs
 * between versions of zlib and between processors.
 */
export function writePlainTarball(files: readonly ZipEntry[]): Uint8Array {
  const archive = archiveOf(files)
  const pieces: Uint8Array[] = [Buffer.from('1f8b08000000000000ff', 'hex')]
  for (let at = 0; at < archive.length; at += maxStoredBytes) {
    const piece = archive.subarray(at, at + maxStoredBytes)
    const head = Buffer.alloc(5)
    head.writeUInt8(at + maxStoredBytes >= archive.length ? 1 : 0)
    head.writeUInt16LE(piece.length, 1)
    head.writeUInt16LE(piece.length ^ maxStoredBytes, 3)
    pieces.push(head, piece)
  }
  const end = Buffer.alloc(8)
  end.writeUInt32LE(crc32(archive))
  end.writeUInt32LE(archive.length, 4)
  return Buffer.concat([...pieces, end])
}

/** Bytes of a block of deflate that is stored as it is (RFC 1951, 3.2.4). */
const maxStoredBytes = 0xffff

function archiveOf(files: readonly ZipEntry[]): Buffer {
  const blocks = files.flatMap(({ path, mode, content }) => {
    const name = `package/${path}`
    return [...longName(name), ...entry({ name, mode, content, type: '0' })]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)])
}

type Packing = {
  readonly name: string
  readonly mode: 644 | 755
  readonly content: Uint8Array
  readonly type: '0' | 'x'
}

/** Nothing for a path that fits into a header. */
function longName(name: string): readonly Uint8Array[] {
  if (Buffer.byteLength(name) <= maxNameBytes) return []
  const rest = ` path=${name}\n`
  const restBytes = Buffer.byteLength(rest)
  // The length counts itself.
  const length = restBytes + String(restBytes + String(restBytes).length).length
  const content = Buffer.from(`${length}${rest}`)
  return entry({ name: 'PaxHeader', mode: 644, content, type: 'x' })
}

function entry({ name, mode, content, type }: Packing): readonly Uint8Array[] {
  const header = Buffer.alloc(blockBytes)
  header.write(name, 0, maxNameBytes)
  header.write(`000${mode} \0`, 100)
  header.write('000000 \u0000000000 \0', 108)
  header.write(`${content.length.toString(8).padStart(11, '0')} `, 124)
  header.write('03556045600 ', 136) // 1985-10-26, as npm packs.
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = (blockBytes - (content.length % blockBytes)) % blockBytes
  return [header, content, Buffer.alloc(padding)]
}
