// The public folder on this disk: what any web server can serve as it is.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { PublicFolder } from '@stele/log'
import type { PublishedFiles } from '@stele/log/published'
import { isMissing, makeFolders, syncFoldersOf, writeDurably, writeWhole } from './durable.ts'

/** The folder at this path. */
export function createPublicFolder(root: string): PublicFolder {
  const unsynced = new Set<string>()
  // Unfinished files lie apart from what is served: what a kill left of them goes with the next start.
  const temporaryFolder = join(root, '.tmp')
  rmSync(temporaryFolder, { recursive: true, force: true })
  const folders = createFolders()
  const put = async (path: string, write: () => Promise<void>): Promise<void> => {
    await folders.make(temporaryFolder)
    await folders.make(dirname(path))
    await write()
  }
  /** Once more where somebody has taken away a folder that was there. */
  const putAgain = async (path: string, write: () => Promise<void>): Promise<void> => {
    try {
      await put(path, write)
    } catch (error) {
      if (!isMissing(error)) throw error
      folders.forget(root)
      await put(path, write)
    }
  }
  return {
    write: async (path, bytes) => {
      const place = join(root, path)
      unsynced.add(place)
      await putAgain(place, () => writeWhole(place, bytes, { temporaryFolder }))
    },
    writeDurably: async (path, bytes) => {
      const place = join(root, path)
      await putAgain(place, () => writeDurably(place, bytes, { temporaryFolder }))
    },
    remove: async (path) => {
      const place = join(root, path)
      unsynced.add(place)
      folders.forget(place)
      await rm(place, { recursive: true, force: true })
    },
    sync: async () => {
      const paths = [...unsynced]
      await syncFoldersOf(paths)
      for (const path of paths) unsynced.delete(path)
    },
    unsynced: () => unsynced.size,
  }
}

/** Makes folders, each once: nearly every file goes into one that is there. */
function createFolders() {
  const made = new Set<string>()
  return {
    make: async (path: string): Promise<void> => {
      if (made.has(path)) return
      await makeFolders(path)
      made.add(path)
    },
    /** The folder and those within may be gone. */
    forget: (path: string): void => {
      for (const one of made) if (one === path || one.startsWith(`${path}${sep}`)) made.delete(one)
    },
  }
}

/** What lies in the folder at this path. */
export function createPublishedFiles(root: string): PublishedFiles {
  return {
    read: (path) => {
      const place = join(root, path)
      return existsSync(place) ? readFileSync(place) : undefined
    },
    list: (path) => {
      const place = join(root, path)
      return existsSync(place) ? readdirSync(place) : []
    },
  }
}
