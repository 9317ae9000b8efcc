// What an installation from scratch removes: node_modules of the package.jsons that it is for, and the links that were made there.
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { linksFile, readLinks, writeLinks } from './links.ts'

/** Empties node_modules of these folders. Links of others stay noted. */
export function clearInstalled(root: string, folders: readonly string[]): void {
  for (const folder of folders) {
    if (folder !== '.') remove(join(root, folder, 'node_modules'))
  }
  const others = Object.entries(readLinks(root)).filter(([folder]) => !folders.includes(folder))
  writeLinks(root, Object.fromEntries(others))
  if (folders.includes('.')) clearRoot(join(root, 'node_modules'))
}

function clearRoot(modules: string): void {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isDirectory() !== true) {
    remove(modules)
    return
  }
  for (const name of readdirSync(modules)) {
    if (name !== '.stele') remove(join(modules, name))
  }
  const own = join(modules, '.stele')
  const names = existsSync(own) ? readdirSync(own) : []
  for (const name of names) if (name !== basename(linksFile)) remove(join(own, name))
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 })
}
