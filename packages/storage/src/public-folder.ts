// The public folder on this disk: what any web server can serve as it is.
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PublicFolder } from '@stele/log'
import { writeDurably } from './durable.ts'

/** The folder at this path. */
export function createPublicFolder(root: string): PublicFolder {
  return {
    write: (path, bytes) => writeDurably(join(root, path), bytes),
    remove: (path) => rm(join(root, path), { recursive: true, force: true }),
  }
}

/** The checkpoint in the folder, undefined where none was published yet. */
export function readPublished(root: string): string | undefined {
  const path = join(root, '-/log/checkpoint')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
