// Plain files in a folder of this disk, read as if a service served them: files as they are, folders as listings.
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { filesRoot, listingOf } from '@stele/entries/paths'
import { reasonOf, SteleError } from '@stele/errors'
import { readBounded } from '../sources/folder-fetch.ts'
import { diskNames, parseFilesPath, readDiskName, unescapeName } from './file-paths.ts'

const [statusOk, statusAbsent] = [200, 404]
const absent: Fetched = { status: statusAbsent, bytes: new Uint8Array(0) }
const gone: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP']

/** Answers `/-/files/…` from the folder. Links are not followed. */
export function createFilesFetch(folder: string): VerifyPorts['fetch'] {
  return async (path, maxBytes) => {
    if (!path.startsWith(filesRoot)) return absent
    const wanted = parseFilesPath(path)
    const names = wanted.split('/').filter((name) => name !== '')
    try {
      const place = names.reduce(findPlace, folder)
      const stats = lstatSync(place)
      if (stats.isDirectory())
        return listing(
          wanted,
          listFolder(place).map(({ name }) => name),
        )
      return stats.isFile() ? readBounded(place, maxBytes) : absent
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (gone.includes(code)) return absent
      throw new SteleError(
        'data_invalid',
        { path: folder, reason: reasonOf(error) },
        { cause: error },
      )
    }
  }
}

/** Where a name lies in a folder of the disk: what lies beside it decides how it is spelt, and who put it there. */
function findPlace(folder: string, name: string): string {
  const [usual, ...others] = (['usual', 'crowded', 'bare'] as const).map((spelling) =>
    join(folder, ...diskNames(name, spelling)),
  )
  const isThere = (place: string): boolean => place !== usual && existsSync(place)
  return others.find(isThere) ?? usual ?? folder
}

/** What lies in a folder of the disk: its name in the state, that of a folder with "/" at its end, and its names on the disk. */
export function listFolder(
  place: string,
): readonly { readonly name: string; readonly disk: readonly string[] }[] {
  const found: { readonly name: string; readonly disk: readonly string[] }[] = []
  const walk = (above: readonly string[], before: string): void => {
    for (const entry of readdirSync(join(place, ...above), { withFileTypes: true })) {
      const { text, isCut } = readDiskName(entry.name)
      const disk = [...above, entry.name]
      if (entry.isDirectory() && isCut) walk(disk, before + text)
      else
        found.push({ name: unescapeName(before + text) + (entry.isDirectory() ? '/' : ''), disk })
    }
  }
  walk([], '')
  return found
}

function listing(path: string, entries: readonly string[]): Fetched {
  return { status: statusOk, bytes: Buffer.from(JSON.stringify(listingOf(path, entries))) }
}
