// What the next installation may trust: written when one has ended, read by up-to-date.ts.
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { settingsFiles } from '@stele/fetch'
import type { WantedImporter } from '@stele/resolve'
import type { Typed } from '../../command-input.ts'
import { linksFile } from '../project/links.ts'
import { type FileState, stateOf } from './up-to-date.ts'
import { writeEnded } from './write-state.ts'

/** A project as its state knows it. */
export type Watched = {
  readonly root: string
  readonly importers: readonly WantedImporter[]
  readonly env: NodeJS.ProcessEnv
  /** The globs of the workspace. */
  readonly patterns: readonly string[]
  /** Files of patches, below the root. */
  readonly patches?: readonly string[]
}

/** What an installation read, as it was when it read it. */
export type Snapshot = {
  readonly files: readonly FileState[]
  readonly folders: readonly string[]
}

/** Takes down what an installation is about to go by. `startedMs` is when it began: what changed since may have been read before. */
export function takeSnapshot(watched: Watched, startedMs: number): Snapshot {
  const { root, importers, patterns } = watched
  const manifests = importers.map(({ folder }) => join(folder, 'package.json'))
  const paths = [
    ...manifests,
    'pnpm-workspace.yaml',
    linksFile,
    ...Object.values(settingsFiles(root, watched.env)),
    ...tarballs(watched),
    ...(watched.patches ?? []),
  ]
  const files = paths.map((path) => {
    const file = stateOf(root, path)
    const found = statSync(resolve(root, path), { throwIfNoEntry: false })
    const isLate = found !== undefined && found.ctimeMs > startedMs
    return isLate ? { ...file, changed: [], digest: '' } : file
  })
  const holders = importers.map(({ folder }) => dirname(folder)).filter((each) => each !== '.')
  const starts = patterns.map((pattern) => pattern.replace(/^!/, '').replace(/[^/]*[*?[{].*$/, ''))
  return { files, folders: [...new Set([...holders, ...starts.map((each) => each || '.')])] }
}

/** Globs that reach into any depth: a new package could be anywhere. */
export function isBounded(patterns: readonly string[]): boolean {
  return patterns.every((pattern) => pattern.startsWith('!') || !pattern.includes('**'))
}

/** Files that package.jsons name: they may be packed anew. */
function tarballs({ root, importers }: Watched): readonly string[] {
  return importers.flatMap(({ folder, edges }) =>
    edges.flatMap(({ specifier }) => {
      const path = /^(?:file:)?(?<path>[./~].*\.(?:tgz|tar\.gz|tar))$/.exec(specifier)?.groups?.[
        'path'
      ]
      return path === undefined ? [] : [resolve(root, folder, path)]
    }),
  )
}

/** How it ended. */
type Ended = Watched & {
  readonly snapshot: Snapshot
  readonly typed: Typed
  /** Where it was typed. */
  readonly cwd: string
  readonly packages: number
  readonly store: string
  /** Packages were built for the Node that PATH names. */
  readonly isBuilt: boolean
  /** The project has scripts of its own that are run every time. */
  readonly runsScripts: boolean
}

/** Writes the state, unless something could change without its telling. */
export function keepState({ importers, patterns, snapshot, ...ended }: Ended): void {
  if (!isBounded(patterns)) return
  const { words, environment } = ended.typed
  const folders = importers.map(({ folder }) => folder)
  writeEnded({ ...ended, ...snapshot, typed: words, env: environment, importers: folders })
}
