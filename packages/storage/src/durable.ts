// Durable files: there whole or not at all, whatever happens. The one place that knows how.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let counter = 0

/** Puts the bytes at the path: temporary file, fsync, rename, fsync of the folder. Folders are made as needed. */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  { mode = 0o644 }: { readonly mode?: number } = {},
): Promise<void> {
  const folder = dirname(path)
  const firstMade = await mkdir(folder, { recursive: true })
  const temporary = `${path}.${process.pid}-${counter++}.tmp`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
  if (firstMade !== undefined) await syncUpTo(folder, dirname(firstMade))
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
