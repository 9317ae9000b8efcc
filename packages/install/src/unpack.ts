// A tarball's files onto the disk: the hottest path there is. Three calls a file, one for a folder, all synchronous.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { createFilesReader } from '@stele/tarball'
import { unpackLimits } from './limits.ts'
import { remove } from './moves.ts'
import { fileLine, writeList } from './slot-files.ts'
import type { Staged } from './store.ts'

/**
 * Writes a tarball's files below `<folder>/node_modules/<name>`, and their list beside. Whatever fails leaves nothing there. Throws
 * tarball_invalid, tarball_too_large, and what the disk says.
 */
export type Unpack = (bytes: Uint8Array, what: Staged) => void

/** An unpacker that keeps its buffers: one for each thread. */
export function createUnpack(): Unpack {
  const readFiles = createFilesReader(unpackLimits)
  return (bytes, what) => {
    const files = readFiles(bytes)
    const { folder, name } = what
    const place = `${folder}/node_modules/${name}`
    const lines: string[] = []
    try {
      makePlace(folder, name)
      const made = new Set<string>()
      for (const { path, mode, content } of files) {
        const slash = path.lastIndexOf('/')
        if (slash > 0) makeFolders(place, path.slice(0, slash), made)
        writeFile(`${place}/${path}`, content, mode)
        lines.push(fileLine(path, content))
      }
      writeList(folder, what, lines.join(''))
    } catch (error) {
      remove(folder)
      throw error
    }
  }
}

/** One call a folder: to look first for what is there, as `recursive` does, takes twice as many. */
function makePlace(folder: string, name: string): void {
  mkdirSync(folder)
  mkdirSync(`${folder}/node_modules`)
  const slash = name.indexOf('/')
  if (slash > 0) mkdirSync(`${folder}/node_modules/${name.slice(0, slash)}`)
  mkdirSync(`${folder}/node_modules/${name}`)
}

/** The folder, and those that it is in. The tarball's paths were checked: they stay inside, and no file is also a folder. */
function makeFolders(place: string, path: string, made: Set<string>): void {
  if (made.has(path)) return
  const slash = path.lastIndexOf('/')
  if (slash > 0) makeFolders(place, path.slice(0, slash), made)
  mkdirSync(`${place}/${path}`)
  made.add(path)
}

/** Read-only: every project's node_modules leads to the same files. */
function writeFile(file: string, content: Uint8Array, mode: 644 | 755): void {
  const descriptor = openSync(file, 'wx', mode === 755 ? 0o555 : 0o444)
  try {
    for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at)
  } finally {
    closeSync(descriptor)
  }
}
