// A copy of a log's public folder on this disk, read as if a web server served it.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { reasonOf, SteleError } from '@stele/errors'

const [statusOk, statusAbsent] = [200, 404]
const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']
/** Paths that the formats make; nothing else is looked for on the disk. */
const logPath = /^\/-\/log\/[a-z0-9./]+$/
const empty = new Uint8Array(0)

/**
 * Reads the files below `folder`, which holds `-/log/`. At once: the threads of a verification wait for nobody else, and
 * handing a small file to another thread costs several times as much as reading it.
 */
export function createFolderFetch(folder: string): VerifyPorts['fetch'] {
  return async (path, maxBytes) => {
    if (!logPath.test(path) || path.includes('..')) return { status: statusAbsent, bytes: empty }
    try {
      return readBounded(join(folder, path), maxBytes)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (absent.includes(code)) return { status: statusAbsent, bytes: empty }
      const reason = reasonOf(error)
      throw new SteleError('data_invalid', { path: folder, reason }, { cause: error })
    }
  }
}

/** A regular file, up to a byte more than `maxBytes`. Throws what the file system says. */
export function readBounded(path: string, maxBytes: number): Fetched {
  // A pipe in a copy would keep its reader waiting for ever.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) return { status: statusAbsent, bytes: empty }
    const size = Math.min(stats.size, maxBytes + 1)
    const bytes = Buffer.allocUnsafeSlow(size)
    let at = 0
    while (at < size) {
      const count = readSync(file, bytes, at, size - at, at)
      if (count === 0) break // It is being written: what is cut does not fit its hash.
      at += count
    }
    return { status: statusOk, bytes: bytes.subarray(0, at) }
  } finally {
    closeSync(file)
  }
}
