// Durable files: there whole or not at all, whatever happens. The one place that knows how.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

let counter = 0

/** How a file is put there. */
type WriteOptions = {
  readonly mode?: number
  /** Where unfinished files lie, on the same file system: a kill leaves some. Beside the file when absent. */
  readonly temporaryFolder?: string
}

/** Puts the bytes at the path: temporary file, fsync, rename, fsync of the folder. Folders are made as needed. */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const folder = dirname(path)
  const firstMade = await mkdir(folder, { recursive: true })
  await replaceFile(path, bytes, { ...options, isSynced: true })
  await syncFolder(folder)
  if (firstMade !== undefined) await syncUpTo(folder, dirname(firstMade))
}

/** Puts the bytes at the path, whole or not at all as far as programs see; a power cut may undo it until `syncPaths`. */
export async function writeWhole(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await replaceFile(path, bytes, { ...options, isSynced: false })
}

/** Makes durable what was written to these paths, or removed from them. */
export async function syncPaths(paths: readonly string[]): Promise<void> {
  const folders = new Set<string>()
  for (const path of paths) {
    await syncPath(path)
    folders.add(dirname(path)).add(dirname(dirname(path)))
  }
  for (const folder of folders) await syncPath(folder)
}

/** fsync of a file or folder; one that is gone needs none. */
async function syncPath(path: string): Promise<void> {
  try {
    await syncFolder(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

async function replaceFile(
  path: string,
  bytes: Uint8Array,
  {
    mode = 0o644,
    temporaryFolder = dirname(path),
    isSynced,
  }: WriteOptions & { readonly isSynced: boolean },
): Promise<void> {
  const temporary = join(temporaryFolder, `${basename(path)}.${process.pid}-${counter++}.tmp`)
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(bytes)
      if (isSynced) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function syncUpTo(from: string, to: string): Promise<void> {
  for (let folder = from; folder.length > to.length; folder = dirname(folder)) {
    await syncFolder(dirname(folder))
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
