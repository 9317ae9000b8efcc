// What an installation from scratch removes: node_modules of the package.jsons that it is for, and the links that were made there.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readLinks, writeLinks } from '../project/links.ts'

/** Empties node_modules of these folders. */
export function clearInstalled(root: string, folders: readonly string[]): void {
  const others = Object.entries(readLinks(root)).filter(([folder]) => !folders.includes(folder))
  for (const folder of folders) {
    rmSync(join(root, folder, 'node_modules'), { recursive: true, force: true, maxRetries: 3 })
  }
  writeLinks(root, Object.fromEntries(others))
}
