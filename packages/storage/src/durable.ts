// Files that are there whole or not at all, whatever happens. The one place that knows how: a file gets its name only when
// its bytes are in it, and is durable once its folder is, too.
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './folders.ts'

/** How a file is put there. */
type PutOptions = {
  readonly mode?: number
  /** Where it has no name yet; by itself beside the file, under a name that nobody can guess, and so put a link there. */
  readonly temporary?: string
}

/** Puts the bytes at the path, durable with all that leads to them. Folders are made as needed. */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  options: PutOptions = {},
): Promise<void> {
  const folder = dirname(path)
  const firstMade = await makeFolders(folder)
  await putFile(path, [bytes], options)
  await syncFolder(folder)
  if (firstMade !== undefined) await syncUpTo(folder, dirname(firstMade))
}

/**
 * Puts the pieces at the path: the file that was there stays until all of them are written. `isLasting`: they are durable
 * before the name is; else a power cut may leave a file that is torn.
 */
export async function putFile(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  {
    mode = 0o644,
    temporary = temporaryName(path),
    isLasting = true,
  }: PutOptions & { readonly isLasting?: boolean } = {},
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      for await (const piece of pieces) await file.appendFile(piece)
      if (isLasting) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** As `putFile`, holding the thread meanwhile. */
export function putFileSync(
  path: string,
  pieces: Iterable<Uint8Array>,
  { mode = 0o644, temporary = temporaryName(path) }: PutOptions = {},
): void {
  try {
    const file = openSync(temporary, 'wx', mode)
    try {
      for (const piece of pieces) writeFileSync(file, piece)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Makes durable what is in a folder; one that is gone needs that no more. */
export function syncFolderSync(path: string): void {
  let folder: number
  try {
    folder = openSync(path, 'r')
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Makes the folder, and those above it, step by step as makeFolder() does, and throws what the file system says. */
export function makeFoldersSync(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFoldersSync(dirname(path))
  makeFolderSync(path)
}

/** Makes a folder, also where somebody is faster. */
export function makeFolderSync(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** True for the error of a file or folder that is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function temporaryName(path: string): string {
  return `${path}.${randomUUID()}.tmp`
}

/** Makes the folder, and those above it, step by step as makeFolder() does. Gives the topmost one that was missing. */
async function makeFolders(path: string): Promise<string | undefined> {
  if (existsSync(path)) return undefined
  const above = await makeFolders(dirname(path))
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error // Else somebody was faster.
  }
  return above ?? path
}

async function syncUpTo(from: string, to: string): Promise<void> {
  for (let folder = from; folder.length > to.length; folder = dirname(folder)) {
    await syncFolder(dirname(folder))
  }
}

/** Makes durable which names are in the folder. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
