// What an installation made, kept beside the store: a project that has the same files and no node_modules gets it again, without anything
// being resolved, read or planned. The launcher loads this module alone, so it imports little. It may say "no" too often, and never "yes"
// once too often.
import { hash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { SlotKey } from '@stele/install'
import { readRegular } from '@stele/install/files'
import { type KeptPlan, linkKept, openStore } from '@stele/install/kept'
import { version } from '../../version.ts'
import { stageInThreads } from '../layout/stage-threads.ts'
import { maxKeptTrees, maxTarballBytes } from '../limits.ts'
import { bootOf } from '../store/boot.ts'
import { forgetOldest } from '../store/forget-oldest.ts'
import { takeTurns } from '../store/hold.ts'
import { lossesOf, registerProject, storeFolder } from '../store/registered.ts'
import { summaryOf } from './summary.ts'
import { type Asked, environmentOf, nearestImporter, relativeFolder } from './up-to-date.ts'
import { writeEnded } from './write-state.ts'

/** An installation, as far as another folder with the same files would have the same. */
export type KeptTree = {
  /** Of what the environment says that an installation takes from it. */
  readonly environment: string
  /** Packages were built for the Node that PATH names. */
  readonly isBuilt: boolean
  /** Folders of the package.jsons, below the root. */
  readonly importers: readonly string[]
  /** Files that decided, below the root or absolute, and the digests of what they held; empty where there was none. */
  readonly files: readonly (readonly [path: string, digest: string])[]
  /** Folders below the root, and the folders in them: another one may be a package of the workspace. */
  readonly folders: readonly (readonly [path: string, names: readonly string[]])[]
  /** Slots of the store that must be there. */
  readonly needed: readonly SlotKey[]
  readonly plan: KeptPlan
  /** What a person should know each time. */
  readonly notices: readonly string[]
}

/**
 * Installs what is kept for just these files, and gives what there is to say. Undefined where nothing is kept, or where node_modules is there
 * already: nothing was done. `main` is the module that commands run from.
 */
export async function repeatInstall(
  asked: Asked,
  { main, onWait }: { readonly main: URL; readonly onWait: (line: string) => void },
): Promise<string | undefined> {
  const { cwd, env } = asked
  const root = findLocked(cwd)
  if (root === undefined) return undefined
  const folder = storeFolder(env)
  const kept = readKept(join(keptFolder(folder), `${keyOf(root, asked)}.json`))
  if (kept === undefined || !isFor(kept, root, asked)) return undefined
  using _ = await takeTurns(root, folder, onWait)
  const store = openStore(folder, bootOf())
  if (!isFor(kept, root, asked) || !kept.needed.every(store.hasSlot)) return undefined
  registerProject(folder, root)
  if (
    linkKept(kept.plan, { root, store, boot: lossesOf(folder), stage: stageInThreads(main) }) ===
    undefined
  )
    return undefined
  const { importers, plan, notices, isBuilt } = kept
  const packages = Object.keys(plan.packages).length
  writeEnded({
    ...asked,
    root,
    importers,
    files: kept.files.map(([path]) => path),
    folders: kept.folders.map(([path]) => path),
    typed: asked.arguments,
    packages,
    store: folder,
    isBuilt,
    runsScripts: false,
  })
  const tookMs = process.uptime() * 1000
  return [...notices, summaryOf(packages, [`${packages} added`], tookMs)].join('\n')
}

/** Keeps it for what was asked in this folder. */
export function keepTree(kept: KeptTree, root: string, asked: Asked): void {
  const folder = keptFolder(storeFolder(asked.env))
  const path = join(folder, `${keyOf(root, asked)}.json`)
  const own = `${path}.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(own, JSON.stringify(kept))
    renameSync(own, path)
    forgetOldest(folder, maxKeptTrees)
  } catch {
    rmSync(own, { force: true }) // Then the next installation works it out again.
  }
}

/** Whether it is just what would be made, and nothing stands where it would be. */
function isFor(kept: KeptTree, root: string, asked: Asked): boolean {
  return !hasModules(kept, root) && isSame(kept, root, asked)
}

function hasModules({ importers }: KeptTree, root: string): boolean {
  return importers.some((folder) => {
    const place = join(root, folder, 'node_modules')
    return lstatSync(place, { throwIfNoEntry: false }) !== undefined
  })
}

/** The digest of what a file holds; empty where there is none. */
export function digestAt(root: string, path: string): string {
  const place = isAbsolute(path) ? path : join(root, path)
  const found = statSync(place, { throwIfNoEntry: false })
  if (found?.isFile() !== true || found.size > maxTarballBytes) return ''
  return hash('sha256', readRegular(place, maxTarballBytes), 'hex').slice(0, 32)
}

/** The names of the folders in a folder. */
export function foldersIn(root: string, path: string): readonly string[] {
  const place = resolve(root, path)
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  const entries = readdirSync(place, { withFileTypes: true })
  return entries
    .filter((entry) => !entry.isFile() && entry.name !== 'node_modules')
    .map(({ name }) => name)
    .toSorted()
}

function isSame(kept: KeptTree, root: string, { cwd, env }: Asked): boolean {
  return (
    kept.environment === environmentOf(env, kept.isBuilt) &&
    kept.importers.includes(nearestImporter(root, cwd)) &&
    kept.files.every(([path, digest]) => digestAt(root, path) === digest) &&
    kept.folders.every(([path, names]) => foldersIn(root, path).join('\0') === names.join('\0'))
  )
}

/** The nearest folder above that has a lock. */
function findLocked(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (statSync(join(folder, 'stele.lock'), { throwIfNoEntry: false }) !== undefined) return folder
    if (folder === dirname(folder)) return undefined
  }
}

function keyOf(root: string, { cwd, arguments: typed, env }: Asked): string {
  const lock = digestAt(root, 'stele.lock')
  const own = [version, process.version, process.platform, process.arch]
  const question = [...own, lock, environmentOf(env, false), relativeFolder(root, cwd), ...typed]
  return hash('sha256', JSON.stringify(question), 'hex').slice(0, 32)
}

function keptFolder(store: string): string {
  return join(store, 'trees')
}

function readKept(path: string): KeptTree | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // Not there, or cut off.
  }
}
