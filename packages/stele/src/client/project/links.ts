// Folders that `stele link` put in place of packages: noted in node_modules, so that installations keep them and nothing that is
// committed knows of them.
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { Overlay } from '@stele/install/layout'
import { removeLink, writeAnew } from '@stele/install/moves'
import { type Graph, isFolderName, type Release } from '@stele/resolve/graph'
import { manifestIn } from './manifest-in.ts'
import { readProjectFile } from './project-file.ts'

/** Folders of package.jsons to names to the folders that stand there instead. */
export type Links = { readonly [importer: string]: { readonly [name: string]: string } }

/** Where they are noted, below the root. */
export const linksFile: string = join('node_modules', '.stele', 'links.json')

/** The links of the project. */
export function readLinks(root: string): Links {
  try {
    const found = JSON.parse(readProjectFile(join(root, linksFile)))
    return isJsonObject(found) ? soundLinks(found) : {}
  } catch {
    return {} // There are none.
  }
}

/** A repository may bring such a file along: what a name leads to in node_modules is replaced, so it must be a name. */
function soundLinks(found: JsonObject): Links {
  const importers = Object.entries(found).flatMap(([importer, names]) => {
    if (names === undefined || !isJsonObject(names)) return []
    const sound = Object.entries(textsIn(names)).filter(
      ([name, target]) => isFolderName(name) && isAbsolute(target),
    )
    return [[importer, Object.fromEntries(sound)] as const]
  })
  return Object.fromEntries(importers)
}

/** Notes the links of the project. */
export function writeLinks(root: string, links: Links): void {
  const path = join(root, linksFile)
  for (const folder of ['node_modules', dirname(linksFile)]) removeLink(join(root, folder))
  const some = Object.entries(links).filter(([, names]) => Object.keys(names).length > 0)
  if (some.length === 0) {
    rmSync(path, { force: true })
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  writeAnew(path, `${JSON.stringify(Object.fromEntries(some), null, 2)}\n`)
}

/** The links as node_modules is to have them, and what to say of each; those of the folders in `ended` are left out. */
export function overlaysOf(
  root: string,
  { importers }: Graph,
  ended: readonly string[],
): { readonly overlays: readonly Overlay[]; readonly notices: readonly string[] } {
  const overlays: Overlay[] = []
  const notices: string[] = []
  const folders = new Set(importers.map(({ folder }) => folder))
  for (const [importer, names] of Object.entries(readLinks(root))) {
    if (!folders.has(importer) || ended.includes(importer)) continue
    for (const [name, target] of Object.entries(names)) {
      const shown = shownFrom(root, target)
      const manifest = manifestIn(target)
      if (manifest === undefined) {
        notices.push(`${name} is not linked any more: ${shown} has no package.json`)
        continue
      }
      const modules = importer === '.' ? 'node_modules' : `${importer}/node_modules`
      overlays.push({ path: `${modules}/${name}`, folder: target, release: releaseIn(manifest) })
      notices.push(`${name} is linked to ${shown}; "stele unlink ${name}" ends that`)
    }
  }
  return { overlays, notices }
}

function shownFrom(root: string, folder: string): string {
  const path = relative(root, folder).split(sep).join('/')
  return isAbsolute(path) || path.startsWith('../../..') ? folder : path
}

/** A package.json as far as its programs go. */
export function releaseIn({ name, version, bin, directories }: JsonObject): Release {
  const bins = bin !== undefined && isJsonObject(bin) ? textsIn(bin) : bin
  const folder =
    directories !== undefined && isJsonObject(directories) ? directories['bin'] : undefined
  return {
    name: typeof name === 'string' ? name : '',
    version: typeof version === 'string' ? version : '',
    dist: { tarball: '' },
    ...(typeof bins === 'string' || isTexts(bins) ? { bin: bins } : {}),
    ...(typeof folder === 'string' ? { directories: { bin: folder } } : {}),
  }
}

function isTexts(value: unknown): value is { readonly [name: string]: string } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textsIn(value: JsonObject): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  )
}
