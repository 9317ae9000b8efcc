// Plain files in a folder of this disk, read as if a service served them: files as they are, folders as listings.
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { SteleError } from '@stele/errors'
import { readBounded } from '../verify/folder-fetch.ts'
import { diskNames, filesRoot, parseFilesPath, readDiskName, unescapeName } from './file-paths.ts'

const [statusOk, statusAbsent] = [200, 404]
const absent: Fetched = { status: statusAbsent, bytes: new Uint8Array(0) }
const gone: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP']

/** Answers `/-/files/…` from the folder. Links are not followed. */
export function createFilesFetch(folder: string): VerifyPorts['fetch'] {
  return async (path, maxBytes) => {
    if (!path.startsWith(filesRoot)) return absent
    const wanted = parseFilesPath(path)
    const names = wanted.split('/').filter((name) => name !== '')
    const place = join(folder, ...names.flatMap(diskNames))
    try {
      const stats = lstatSync(place)
      if (stats.isDirectory()) return listing(wanted, listFolder(place))
      return stats.isFile() ? readBounded(place, maxBytes) : absent
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (gone.includes(code)) return absent
      const reason = error instanceof Error ? error.message : String(error)
      throw new SteleError('data_invalid', { path: folder, reason }, { cause: error })
    }
  }
}

/** The names of the state in a folder of the disk; those of folders end with "/". */
export function listFolder(place: string): readonly string[] {
  const names: string[] = []
  const walk = (folder: string, before: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const { text, isCut } = readDiskName(entry.name)
      const name = before + text
      if (entry.isDirectory() && isCut) walk(join(folder, entry.name), name)
      else names.push(unescapeName(name) + (entry.isDirectory() ? '/' : ''))
    }
  }
  walk(place, '')
  return names
}

function listing(path: string, entries: readonly string[]): Fetched {
  return { status: statusOk, bytes: Buffer.from(JSON.stringify({ path, entries })) }
}
