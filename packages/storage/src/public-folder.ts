// The public folder on this disk: what any web server can serve as it is.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { logFolder } from '@stele/entries/paths'
import type { PublicFolder } from '@stele/log'
import { syncPaths, writeDurably, writeWhole } from './durable.ts'

/** The folder at this path. */
export function createPublicFolder(root: string): PublicFolder {
  const unsynced = new Set<string>()
  // Unfinished files lie apart from what is served: what a kill left of them goes with the next start.
  const temporaryFolder = join(root, '.tmp')
  rmSync(temporaryFolder, { recursive: true, force: true })
  const options = async (): Promise<{ temporaryFolder: string }> => {
    await mkdir(temporaryFolder, { recursive: true })
    return { temporaryFolder }
  }
  return {
    write: async (path, bytes) => {
      unsynced.add(join(root, path))
      await writeWhole(join(root, path), bytes, await options())
    },
    writeDurably: async (path, bytes) => writeDurably(join(root, path), bytes, await options()),
    remove: async (path) => {
      unsynced.add(join(root, path))
      await rm(join(root, path), { recursive: true, force: true })
    },
    sync: async () => {
      const paths = [...unsynced]
      await syncPaths(paths)
      for (const path of paths) unsynced.delete(path)
    },
    unsynced: () => unsynced.size,
  }
}

/** The checkpoint in the folder, undefined where none was published yet. */
export function readPublished(root: string): string | undefined {
  const path = join(root, logFolder, 'checkpoint')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
