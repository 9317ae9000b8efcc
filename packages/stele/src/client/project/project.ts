// A project: its package.jsons, those of its workspace, and what they want.
import { statSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { isReallyIn } from '@stele/install/moves'
import { parseSpecifier, type WantedImporter } from '@stele/resolve'
import type { EdgeKind, WantedEdge } from '@stele/resolve/graph'
import { fileFault } from '../../user-file.ts'
import { type Catalogs, readCatalogs, withoutCatalog } from './catalogs.ts'
import { parseManifest } from './manifest-in.ts'
import { readProjectFile } from './project-file.ts'
import { findRoot, memberFolders, readSettingsFile, workspacePatterns } from './workspaces.ts'

/** A package.json of the project. */
export type ProjectManifest = { readonly folder: string; readonly manifest: JsonObject }

/** All that a project wants. */
export type Project = {
  readonly root: string
  /** By folder, the root's first. */
  readonly importers: readonly WantedImporter[]
  readonly manifests: readonly ProjectManifest[]
  /** The folders of the workspace's packages, without the root. */
  readonly members: readonly string[]
  readonly catalogs: Catalogs
  /** What pnpm-workspace.yaml holds. */
  readonly settingsFile: JsonObject
}

/** Texts of package.jsons that are not written yet, by their paths. */
export type ManifestTexts = ReadonlyMap<string, string>

/**
 * Reads the project that this folder belongs to; `texts` count in place of what is on the disk. Throws manifest_unreadable,
 * workspace_duplicate, specifier_invalid.
 */
export async function readProject(folder: string, texts?: ManifestTexts): Promise<Project> {
  const root = await findRoot(folder)
  try {
    return await readAll(root, texts)
  } catch (error) {
    throw await explained(error, root)
  }
}

/** A project in which nothing was written yet. */
export function emptyProject(root: string): Project {
  const catalogs: Catalogs = new Map()
  return { root, importers: [], manifests: [], members: [], catalogs, settingsFile: {} }
}

/** The error with the place in the package.json that it is about: what finds it is loaded only now. */
export async function explained(error: unknown, root: string): Promise<unknown> {
  if (!isSteleError(error)) return error
  if (isSteleError(error, 'manifest_unreadable')) {
    return (await import('./json-places.ts')).withPlace(error)
  }
  return 'chain' in error.details ? (await import('./askers.ts')).withAsker(error, root) : error
}

async function readAll(root: string, texts: ManifestTexts | undefined): Promise<Project> {
  const read = (each: string): ProjectManifest => readManifest(root, each, texts)
  const main = read('.')
  const settingsFile = await readSettingsFile(root)
  const folders = await memberFolders(root, workspacePatterns(main.manifest, settingsFile))
  const members = [main, ...folders.map(read)]
  checkNames(members)
  const catalogs = readCatalogs(main.manifest, settingsFile)
  const manifests = [...members, ...linkedManifests(root, members, catalogs)]
  const importers = manifests.map((each) => wantedOf(root, each, catalogs))
  const sorted = importers.toSorted((one, other) => (one.folder < other.folder ? -1 : 1))
  return { root, importers: sorted, manifests, members: folders, catalogs, settingsFile }
}

/** Reads the package.json of this folder. Throws manifest_unreadable. */
export function readManifest(root: string, folder: string, texts?: ManifestTexts): ProjectManifest {
  const path = join(root, folder, 'package.json')
  try {
    const text = texts?.get(path) ?? readProjectFile(path)
    return { folder, manifest: parseManifest(text) }
  } catch (cause) {
    const isOfDisk = cause instanceof Error && 'syscall' in cause
    const reason = isOfDisk ? fileFault(cause) : reasonOf(cause)
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const details = { path, reason, ...(isAbsent ? { isAbsent } : {}) }
    throw new SteleError('manifest_unreadable', details, { cause })
  }
}

function checkNames(members: readonly ProjectManifest[]): void {
  const named = members.flatMap(({ folder, manifest: { name } }) =>
    typeof name === 'string' ? [{ folder, name }] : [],
  )
  for (const [name, same] of Map.groupBy(named, (each) => each.name)) {
    if (same.length === 1) continue
    const folders = same.map(({ folder }) => folder)
    throw new SteleError('workspace_duplicate', { name, folders })
  }
}

/** The folders of this project that `file:` links: what they depend on is installed as well, but nothing for developing them. */
function linkedManifests(
  root: string,
  members: readonly ProjectManifest[],
  catalogs: Catalogs,
): readonly ProjectManifest[] {
  const known = new Set(members.map(({ folder }) => folder))
  const found: ProjectManifest[] = []
  const queue = [...members]
  for (const each of queue) {
    for (const folder of linkedFolders(wantedOf(root, each, catalogs))) {
      if (known.has(folder) || !isFile(join(root, folder, 'package.json'))) continue
      if (!isReallyIn(root, join(root, folder))) continue // A link that leads to another project.
      known.add(folder)
      const { manifest } = readManifest(root, folder)
      const linked = { folder, manifest: { ...manifest, devDependencies: {} } }
      found.push(linked)
      queue.push(linked)
    }
  }
  return found
}

/** Those within the project: a folder outside is another project's. */
function linkedFolders({ folder, edges }: WantedImporter): readonly string[] {
  return edges.flatMap(({ name, specifier }) => {
    const isPath = /^(?:file:|\.)/.test(specifier.trim())
    const parsed = isPath ? parseSpecifier(name, specifier) : undefined
    if (parsed?.kind !== 'folder' || parsed.isLink) return []
    const target = folderBelow(folder, parsed.path)
    return target.startsWith('..') || posix.isAbsolute(target) ? [] : [target]
  })
}

/** The folder of this path, from the folder of a package.json on, below the root and with slashes. */
export function folderBelow(folder: string, path: string): string {
  const slashed = path.replaceAll('\\', '/')
  if (posix.isAbsolute(slashed) || /^[A-Za-z]:/.test(slashed)) return resolve(path)
  return posix.normalize(posix.join(folder, slashed)).replace(/(.)\/$/, '$1')
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

const maxExcerpt = 60
const members = ['devDependencies', 'dependencies', 'optionalDependencies'] as const

/** Names and what stands behind them. Throws manifest_unreadable: what is no text would be left out without a word. */
function specifiersIn(
  path: string,
  member: string,
  value: JsonValue,
): readonly (readonly [string, string])[] {
  const wrong = (members: readonly string[], reason: string): SteleError<'manifest_unreadable'> =>
    new SteleError('manifest_unreadable', { path, reason, members })
  if (value === null || (Array.isArray(value) && value.length === 0)) return []
  if (!isJsonObject(value)) {
    throw wrong(
      [member],
      `"${member}" must be an object of names and versions, such as {"express": "^5.0.0"}`,
    )
  }
  return Object.entries(value).map(([name, specifier]) => {
    if (typeof specifier === 'string') return [name, specifier]
    const found = JSON.stringify(specifier).slice(0, maxExcerpt)
    throw wrong(
      [member, name],
      `"${name}" below "${member}" must be a text such as "^1.0.0", and is ${found}`,
    )
  })
}

/** What it depends on: of a name that stands in several members, the last of these counts. Its peers are its own here. */
function wantedOf(
  root: string,
  { folder, manifest }: ProjectManifest,
  catalogs: Catalogs,
): WantedImporter {
  const path = join(root, folder, 'package.json')
  const edges = new Map<string, WantedEdge>()
  const add = (member: string, kind: EdgeKind, isPeer: boolean): void => {
    const specifiers = manifest[member]
    if (specifiers === undefined) return
    for (const [name, written] of specifiersIn(path, member, specifiers)) {
      if (isPeer && isOptionalPeer(manifest, name)) continue
      const specifier = withoutCatalog(catalogs, { name, specifier: written, folder })
      edges.set(name, { name, specifier, kind, ...(isPeer ? { isPeer } : {}) })
    }
  }
  add('peerDependencies', 'dependencies', true)
  for (const member of members) add(member, member, false)
  const { name, version } = manifest
  return {
    folder,
    name: typeof name === 'string' ? name : undefined,
    version: typeof version === 'string' ? version : undefined,
    edges: [...edges.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  }
}

function isOptionalPeer({ peerDependenciesMeta }: JsonObject, name: string): boolean {
  if (peerDependenciesMeta === undefined || !isJsonObject(peerDependenciesMeta)) return false
  const meta = peerDependenciesMeta[name]
  return meta !== undefined && isJsonObject(meta) && meta['optional'] === true
}
