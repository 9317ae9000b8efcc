// Writes what up-to-date.ts reads.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { removalsPath } from '@stele/install/kept'
import { bootOf } from '../store/boot.ts'
import {
  changedAt,
  environmentOf,
  type FileState,
  numberOf,
  relativeFolder,
  stateOf,
  writeState,
} from './up-to-date.ts'

/** How an installation ended. */
export type EndedInstall = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** Folders of the package.jsons, below the root. */
  readonly importers: readonly string[]
  /** What was read, beside the lock: as it was then, or places of files that are now as they were. */
  readonly files: readonly (FileState | string)[]
  /** Folders in which nothing may be added or removed. */
  readonly folders: readonly string[]
  readonly typed: readonly string[]
  /** Where it was typed. */
  readonly cwd: string
  readonly packages: number
  readonly store: string
  /** Packages were built for the Node that PATH names. */
  readonly isBuilt: boolean
  /** The project has scripts of its own that are run every time. */
  readonly runsScripts: boolean
}

/** Writes the state of what is installed now. */
export function writeEnded(ended: EndedInstall): void {
  const { root, importers, env, typed, packages, store, isBuilt } = ended
  const modules = importers
    .map((folder) => join(folder, 'node_modules'))
    .filter((path) => path === 'node_modules' || existsSync(join(root, path)))
  const folders = [...modules, join('node_modules', '.bin'), ...ended.folders]
  const files = [...ended.files, 'stele.lock', removalsPath(store)]
  writeState(root, {
    version: 1,
    arguments: typed,
    folder: relativeFolder(root, ended.cwd),
    environment: environmentOf(env, isBuilt),
    boot: bootOf(),
    importers,
    files: files.map((each) => (typeof each === 'string' ? stateOf(root, each) : each)),
    folders: Object.fromEntries(folders.map((path) => [path, changedAt(resolve(root, path))])),
    same: { [join(store, 'slots')]: numberOf(join(store, 'slots')) },
    packages,
    ...(isBuilt ? { isBuilt } : {}),
    ...(ended.runsScripts ? { runsScripts: true } : {}),
  })
}
