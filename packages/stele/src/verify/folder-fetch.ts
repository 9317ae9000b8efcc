// A copy of a log's public folder on this disk, read as if a web server served it.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { VerifyPorts } from '@stele/audit'
import { SteleError } from '@stele/errors'

const [statusOk, statusAbsent] = [200, 404]
const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']
/** Paths that the formats make; nothing else is looked for on the disk. */
const logPath = /^\/-\/log\/[a-z0-9./]+$/

/** Reads the files below `folder`, which holds `-/log/`. */
export function createFolderFetch(folder: string): VerifyPorts['fetch'] {
  return async (path, maxBytes) => {
    if (!logPath.test(path) || path.includes('..')) return { status: statusAbsent, bytes: empty }
    try {
      const file = join(folder, path)
      const bytes = await readBounded(file, maxBytes)
      return { status: statusOk, bytes: bytes.subarray(0, maxBytes + 1) }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (absent.includes(code)) return { status: statusAbsent, bytes: empty }
      const reason = error instanceof Error ? error.message : String(error)
      throw new SteleError('data_invalid', { path: folder, reason }, { cause: error })
    }
  }
}

const empty = new Uint8Array(0)

async function readBounded(file: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(file)
  return size > maxBytes ? new Uint8Array(maxBytes + 1) : readFile(file)
}
