// Durable files: there whole or not at all, whatever happens. The one place that knows how.
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './folders.ts'

let counter = 0

/** How a file is put there. */
type WriteOptions = { readonly mode?: number }

/** Puts the bytes at the path: temporary file, fsync, rename, fsync of the folder. Folders are made as needed. */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const folder = dirname(path)
  const firstMade = await makeFolders(folder)
  await replaceFile(path, bytes, options)
  await syncFolder(folder)
  if (firstMade !== undefined) await syncUpTo(folder, dirname(firstMade))
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

/** True for the error of a file or folder that is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

async function replaceFile(
  path: string,
  bytes: Uint8Array,
  { mode = 0o644 }: WriteOptions,
): Promise<void> {
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
