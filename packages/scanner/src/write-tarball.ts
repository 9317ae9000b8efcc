// A package's tarball out of files: ustar, with extended headers for long paths, as npm packs.
import { promisify } from 'node:util'
import { crc32, gzip } from 'node:zlib'
import { release, type ZipEntry } from './read-zip.ts'

const blockBytes = 512
const maxNameBytes = 100

/** The gzipped archive, each path below `package/`. */
export async function writeTarball(files: readonly ZipEntry[]): Promise<Uint8Array> {
  const archive = Buffer.concat(blocksOf(files))
  const tarball = await promisify(gzip)(archive)
  release(archive) // Not where it failed: zlib may still read it.
  return tarball
}

/**
 * The same with nothing compressed, and so the same bytes on every machine and whenever it is made: what deflate makes differs
 * between versions of zlib and between processors.
 */
export function writePlainTarball(files: readonly ZipEntry[]): Uint8Array {
  const blocks = blocksOf(files)
  const sizeBytes = blocks.reduce((sum, block) => sum + block.length, 0)
  const pieceCount = Math.ceil(sizeBytes / maxStoredBytes)
  const tarball = Buffer.alloc(headBytes + pieceCount * pieceHeadBytes + sizeBytes + endBytes)
  tarball.write('1f8b08000000000000ff', 'hex')
  let at = headBytes
  let written = 0
  let crc = 0
  for (const block of blocks) {
    crc = crc32(block, crc)
    for (let from = 0; from < block.length; ) {
      if (written % maxStoredBytes === 0) {
        at = writePieceHead(tarball, at, sizeBytes - written)
      }
      const room = maxStoredBytes - (written % maxStoredBytes)
      const piece = block.subarray(from, from + room)
      tarball.set(piece, at)
      at += piece.length
      from += piece.length
      written += piece.length
    }
  }
  tarball.writeUInt32LE(crc, at)
  tarball.writeUInt32LE(sizeBytes, at + 4)
  return tarball
}

/** Bytes of a block of deflate that is stored as it is (RFC 1951, 3.2.4). */
const maxStoredBytes = 0xffff
const headBytes = 10
const pieceHeadBytes = 5
const endBytes = 8

function writePieceHead(tarball: Buffer, at: number, leftBytes: number): number {
  const size = Math.min(leftBytes, maxStoredBytes)
  tarball.writeUInt8(leftBytes <= maxStoredBytes ? 1 : 0, at)
  tarball.writeUInt16LE(size, at + 1)
  tarball.writeUInt16LE(size ^ maxStoredBytes, at + 3)
  return at + pieceHeadBytes
}

function blocksOf(files: readonly ZipEntry[]): readonly Uint8Array[] {
  const blocks = files.flatMap(({ path, mode, content }) => {
    const name = `package/${path}`
    return [...longName(name), ...entry({ name, mode, content, type: '0' })]
  })
  return [...blocks, Buffer.alloc(2 * blockBytes)]
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
