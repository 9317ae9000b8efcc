// The folder npm/ of a mirror: what npm's clients ask a registry for, as files that any static web server can serve.
// All of it is what the log proves: of each version its record and its digest, and where this mirror has its tarball: in the same
// folder, since npm refuses tarballs from outside of its registry. mnpm's clients find them by the same names.
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditedState } from '@stele/audit/checks'
import { blobPath, logFolder } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { abbreviate } from '@stele/formats/manifest'
import { scopeOf } from '@stele/formats/names'
import { historyOf } from '@stele/releases/checks'
import { isoTime } from '@stele/releases/release'
import { readTags } from '@stele/releases/state'
import semver from 'semver'
import type { CloneFolder } from '../clone/clone-folder.ts'
import { maxPackumentBytesAtOnce, packumentsAtOnce } from './limits.ts'
import {
  type Changed,
  type MirroredRelease,
  type MirrorPlan,
  moduleFile,
  type ToldRelease,
  tarballFolderName,
  tellReleases,
  withoutWithheld,
} from './releases.ts'
import { isHeld } from './tarballs.ts'

/** Where they lie. */
const npmFolder = 'npm'

/** Where the tarballs lie: what mnpm calls a mirror. */
const tarballFolder: string = `${npmFolder}/${tarballFolderName}`

/** What was done there. */
export type PackumentsWritten = { readonly written: number; readonly removed: number }

/** Makes npm/ show the releases whose tarballs are in the folder. `baseUrl` is where people reach the folder. */
export function writePackuments(
  folder: CloneFolder,
  state: AuditedState,
  {
    packages,
    changed,
    baseUrl,
    rehash,
  }: Pick<MirrorPlan, 'packages'> & {
    /** Of others nothing is looked at. */
    readonly changed: Changed
    readonly baseUrl: string
    readonly rehash: boolean
  },
): PackumentsWritten {
  const requireFolders = createLinkCheck(folder.root)
  for (const name of changed === 'all' ? packages.keys() : changed) requireFolders(name)
  const wanted = new Set<string>()
  let written = 0
  let open: { readonly put: string; readonly bytes: Uint8Array }[] = []
  let openBytes = 0
  // Their tarballs are there when they are, and the disk is waited for once for many.
  const write = (): void => {
    folder.change([{ sync: true }, ...open])
    open = []
    openBytes = 0
  }
  for (const [name, releases] of packages) {
    const held = releases.filter((release) => isHeld(folder.root, release))
    if (held.length === 0) continue
    const path = `${npmFolder}/${name}`
    for (const release of held) wanted.add(linkTarball(folder, release, rehash))
    const bytes = Buffer.from(formatPackument(state, name, { releases: held, baseUrl }))
    wanted.add(path)
    if (bytes.equals(readOwn(join(folder.root, path)))) continue
    open.push({ put: path, bytes })
    openBytes += bytes.length
    written++
    if (open.length >= packumentsAtOnce || openBytes >= maxPackumentBytesAtOnce) write()
  }
  write()
  const outdated = filesOf(folder.root, changed).filter((path) => !wanted.has(path))
  folder.change([...outdated.map((path) => ({ remove: path })), { sync: true }])
  return { written, removed: outdated.length }
}

/**
 * Throws `data_invalid` where a folder of this package is a link: what is written and removed there would be somebody else's. Folders
 * that nothing is written to are not looked into.
 */
function createLinkCheck(root: string): (name: string) => void {
  const known = new Set<string>()
  const requireOwn = (path: string): void => {
    if (known.has(path)) return
    known.add(path)
    if (lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() !== true) return
    const reason = 'it is a link, and a mirror removes there what it does not know: remove the link'
    throw new SteleError('data_invalid', { path: join(root, path), reason })
  }
  for (const folder of [npmFolder, tarballFolder]) requireOwn(folder)
  return (name) => {
    const scope = scopeOf(name)
    if (scope !== undefined)
      for (const folder of [npmFolder, tarballFolder]) requireOwn(`${folder}/${scope}`)
    requireOwn(`${tarballFolder}/${name}`)
  }
}

/** Gives a tarball the name that clients know. Gives the path. */
function linkTarball(
  { root, change }: CloneFolder,
  release: MirroredRelease,
  rehash: boolean,
): string {
  const path = `${tarballFolder}/${release.name}/${moduleFile(release)}`
  const from = join(root, logFolder, blobPath(release.sha512))
  const [here, its] = [join(root, path), from].map((one) =>
    statSync(one, { throwIfNoEntry: false }),
  )
  // On a disk without links it is a copy, which is a file of its own.
  const isCopy = here?.size === its?.size && its?.nlink === 1
  if (rehash || (here?.ino !== its?.ino && !isCopy)) change([{ link: path, from }])
  return path
}

/** The abbreviated form, with `time`: the form that all clients install from, and that tells how old a version is. */
export function formatPackument(
  state: AuditedState,
  name: string,
  {
    releases,
    baseUrl,
  }: { readonly releases: readonly MirroredRelease[]; readonly baseUrl: string },
): string {
  const sorted = tellReleases(withoutWithheld(state), name, releases).toSorted((a, b) =>
    semver.compareBuild(a.version, b.version),
  )
  const its = historyOf(state, name)
  const [createdMs, modifiedMs] = [its?.createdMs ?? 0, its?.modifiedMs ?? 0]
  const times = sorted.flatMap(({ version }): [string, string][] => {
    const at = its?.versions.get(version)
    return at === undefined ? [] : [[version, isoTime(at.timeMs)]]
  })
  return `${JSON.stringify({
    name,
    'dist-tags': tagsOf(state, name, sorted),
    versions: Object.fromEntries(sorted.map((one) => [one.version, manifestOf(one, baseUrl)])),
    time: {
      created: isoTime(createdMs),
      modified: isoTime(modifiedMs),
      ...Object.fromEntries(times),
    },
    modified: isoTime(modifiedMs),
  })}\n`
}

function manifestOf(release: ToldRelease, baseUrl: string) {
  const { name, record, integrity, notice } = release
  const tarball = `${baseUrl}/${tarballFolder}/${name}/${moduleFile(release)}`
  const { deprecated } = notice
  return {
    ...abbreviate({ ...record }),
    dist: { tarball, integrity },
    ...(deprecated === undefined ? {} : { deprecated }),
  }
}

/** The tags whose versions are here. npm needs `latest`: where its version is not here, the newest that is. */
function tagsOf(state: AuditedState, name: string, sorted: readonly MirroredRelease[]) {
  const here = new Set(sorted.map(({ version }) => version))
  const tags = [...readTags(withoutWithheld(state), name)].filter(([, to]) => here.has(to))
  const newest = sorted.findLast(({ version }) => semver.prerelease(version) === null)
  const latest = (newest ?? sorted.at(-1))?.version ?? ''
  return { latest, ...Object.fromEntries(tags) }
}

function readOwn(path: string): Uint8Array {
  return existsSync(path) ? readFileSync(path) : new Uint8Array(0)
}

/** The files there: all, or those of these packages. */
function filesOf(root: string, changed: Changed): readonly string[] {
  if (changed === 'all') return filesIn(root, npmFolder)
  return [...changed].flatMap((name) => [
    ...[`${npmFolder}/${name}`].filter((path) => existsSync(join(root, path))),
    ...filesIn(root, `${tarballFolder}/${name}`),
  ])
}

function filesIn(root: string, path: string): readonly string[] {
  const folder = join(root, path)
  if (!existsSync(folder)) return []
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
  return found
    .filter((one) => !one.isDirectory())
    .map((one) => join(one.parentPath, one.name).slice(root.length + 1))
}
