// Where packages may lie below a folder: the outermost folders with a package.json, or with the manifest.json of a bundle.
import { join } from 'node:path'
import { isLeftOut, lookInto, realFolder, seeFile } from './disk.ts'
import { maxScannedDepth, maxScannedFolders } from './limits.ts'
import { createMatcher } from './patterns.ts'
import { lookForPackage } from './read-package.ts'
import type { FolderSource } from './source.ts'

/** What a walk found. */
export type Walked = {
  /** Where the scanned folder really is. */
  readonly folder: string
  /** Folders of packages, and of what should be one, from the scanned folder on. */
  readonly roots: readonly string[]
  /** All folders that were looked into, absolute. */
  readonly folders: readonly string[]
  /** True where not all was looked at. */
  readonly isCut: boolean
}

type Below = Omit<Walked, 'folder'>

/** What is known of folders that are no packages, by the marks of what would describe one. */
export type NoPackages = Map<string, string>

/** Undefined where the folder itself is not there. */
export function walkSource(source: FolderSource, noPackages: NoPackages): Walked | undefined {
  const isIncluded = createMatcher(source.includes)
  const isExcluded = createMatcher(source.excludes)
  const isWanted = (path: string): boolean => isIncluded(path) && !isExcluded(path)
  const folder = realFolder(source.folder)
  if (folder === undefined || lookInto(folder) === undefined) return undefined
  const walked =
    source.layout === 'node_modules'
      ? walkModules(folder, isWanted)
      : walkTree(folder, isWanted, noPackages)
  return { ...walked, folder }
}

/** `name` and `@scope/name`, as npm lays them out. */
function walkModules(folder: string, isWanted: (path: string) => boolean): Below {
  const scopes = ['', ...foldersIn(folder, '').filter((name) => name.startsWith('@'))]
  const names = scopes.flatMap((scope) =>
    foldersIn(folder, scope)
      .filter((name) => !name.startsWith('@'))
      .map((name) => (scope === '' ? name : `${scope}/${name}`)),
  )
  const roots = names.filter((name) => isWanted(name) && hasDescriptor(join(folder, name)))
  return { roots, folders: scopes.map((scope) => join(folder, scope)), isCut: false }
}

function foldersIn(folder: string, below: string): readonly string[] {
  const found = lookInto(join(folder, below))?.folders ?? []
  return found.filter((name) => !isLeftOut(name))
}

function hasDescriptor(folder: string): boolean {
  return seeFile(join(folder, 'package.json')) !== undefined
}

function walkTree(
  folder: string,
  isWanted: (path: string) => boolean,
  noPackages: NoPackages,
): Below {
  const roots: string[] = []
  const folders: string[] = []
  const waiting: { readonly path: string; readonly depth: number }[] = [{ path: '', depth: 0 }]
  let isCut = false
  for (let at = 0; at < waiting.length; at++) {
    const { path, depth } = waiting[at] ?? { path: '', depth: 0 }
    const place = join(folder, path)
    const entries = lookInto(place)
    if (entries === undefined) continue
    folders.push(place)
    const mayBe = entries.files.some((name) => name === 'package.json' || name === 'manifest.json')
    if (mayBe && isWanted(path) && isPackage(place, noPackages)) {
      roots.push(path)
      continue
    }
    const inside = entries.folders.filter((name) => !isLeftOut(name))
    if (depth >= maxScannedDepth || waiting.length + inside.length > maxScannedFolders) {
      isCut ||= inside.length > 0
      continue
    }
    for (const name of inside) {
      waiting.push({ path: path === '' ? name : `${path}/${name}`, depth: depth + 1 })
    }
  }
  return { roots, folders, isCut }
}

/** What cannot be told, since it is being written, may be one. */
function isPackage(place: string, noPackages: NoPackages): boolean {
  const mark = ['package.json', 'manifest.json']
    .map((name) => seeFile(join(place, name))?.mark)
    .join()
  if (noPackages.get(place) === mark) return false
  if (lookForPackage(place) !== 'none') {
    noPackages.delete(place)
    return true
  }
  noPackages.set(place, mark)
  return false
}
