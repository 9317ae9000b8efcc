// A data folder as one file: a tar of its files, compressed over a window that is wider than the interpreter, which is in it twice.
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { makeFolder } from '../temporary-folder.ts'

const run = promisify(execFile)

/** Packs a folder; no server may be using it. */
export async function packFolder(folder: string): Promise<Uint8Array> {
  await using work = await makeFolder('pack')
  const tar = join(work.path, 'data.tar')
  await run('tar', ['--sort=name', '--owner=0', '--group=0', '-cf', tar, '-C', folder, '.'])
  const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_c_enableLongDistanceMatching } = constants
  return zstdCompressSync(await readFile(tar), {
    params: {
      [ZSTD_c_compressionLevel]: 19,
      [ZSTD_c_windowLog]: 24,
      [ZSTD_c_enableLongDistanceMatching]: 1,
    },
  })
}

/** Unpacks it into a new folder. */
export async function unpackFolder(packed: Uint8Array, folder: string): Promise<void> {
  await using work = await makeFolder('unpack')
  const tar = join(work.path, 'data.tar')
  await writeFile(tar, zstdDecompressSync(packed))
  await mkdir(folder, { recursive: true })
  await run('tar', ['-xf', tar, '-C', folder])
}
