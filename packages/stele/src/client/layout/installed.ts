// What node_modules has, beside what the lock says.
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import {
  differenceFrom,
  type Omitted,
  packagesOfProject,
  readRecords,
  type Store,
  selectInstances,
} from '@stele/install'
import {
  type Direct,
  type Graph,
  type InstanceKey,
  linkedFolder,
  releaseOf,
} from '@stele/resolve/graph'
import { readLinks } from '../project/links.ts'
import { manifestIn } from '../project/manifest-in.ts'
import type { Kind } from './omitted.ts'
import { ownPlatform } from './own-platform.ts'
import { identityOf } from './placing.ts'

/** How node_modules differs from the lock. */
export type InstalledState = {
  /** Stele has installed something here. */
  readonly isThere: boolean
  /** Kinds of dependencies that were left out, as far as what is there tells. */
  readonly omitted: ReadonlySet<Kind>
  /** Packages of the lock that are not there. */
  readonly lacking: readonly InstanceKey[]
  /** Packages that are there, and that the lock does not have. */
  readonly extra: readonly InstanceKey[]
  /** What stands in the place of what a package.json names, where that is not what the lock has. */
  readonly standingOf: (folder: string, direct: InstalledDirect) => Standing
  /** Direct dependencies that are gone, or others than in the lock. */
  readonly wrong: readonly string[]
}

/** A dependency of a package.json that the lock has. */
type InstalledDirect = Pick<Direct, 'name' | 'kind'> & { readonly instance: InstanceKey }

/** What is other there than the lock has it; nothing where it is right. */
type Standing = {
  readonly isMissing?: true
  /** It was left out on purpose, as --omit does. */
  readonly isOmitted?: true
  /** The version that is there, where it is another one. */
  readonly found?: string
  /** The folder that "stele link" put there. */
  readonly link?: string
}

const choices: readonly Omitted[] = [
  {},
  { dev: true },
  { optional: true },
  { dev: true, optional: true },
]

/** Compares what the last installation made with this lock. What was left out on purpose is told by what comes nearest. */
export function compareInstalled(root: string, graph: Graph): InstalledState {
  const records = readRecords(root)
  const all = choices.map((choice) => {
    const found = differenceFrom(records, selectInstances(graph, ownPlatform, choice))
    return { choice, ...found, count: found.added.length + found.removed.length }
  })
  const least = Math.min(...all.map(({ count }) => count))
  const { choice = {}, added = [], removed = [] } = all.find(({ count }) => count === least) ?? {}
  const omitted = new Set((['dev', 'optional'] as const).filter((kind) => choice[kind] === true))
  const standingOf = openStanding(root, graph, omitted)
  const wrong = graph.importers.flatMap(({ folder, directs }) =>
    directs.flatMap(({ name, kind, instance }) => {
      if (instance === undefined) return []
      const { isMissing, found } = standingOf(folder, { name, kind, instance })
      const what = isMissing === true ? 'is not there' : found && `is ${found} there`
      return what === undefined ? [] : [`${folder === '.' ? '' : `${folder} > `}${name} ${what}`]
    }),
  )
  const isThere = records.last.length > 0
  return { isThere, omitted, lacking: added, extra: removed, standingOf, wrong }
}

function openStanding(
  root: string,
  graph: Graph,
  omitted: ReadonlySet<Kind>,
): InstalledState['standingOf'] {
  const links = readLinks(root)
  return (folder, { name, kind, instance }) => {
    const link = links[folder]?.[name]
    if (link !== undefined) return { link }
    const found = installedVersion(root, folder, name)
    if (found !== undefined) {
      const isLocked = linkedFolder(instance) === undefined && found !== ''
      return isLocked && found !== releaseOf(graph, instance).version ? { found } : {}
    }
    if (kind === 'devDependencies' && omitted.has('dev')) return { isOmitted: true }
    return kind === 'optionalDependencies' ? {} : { isMissing: true }
  }
}

/** Its version there, or in a folder above, where the layout "hoisted" has it; empty where its package.json has none. */
function installedVersion(root: string, folder: string, name: string): string | undefined {
  for (let at = folder; ; at = posix.dirname(at)) {
    const place = join(root, at, 'node_modules', name)
    if (existsSync(place)) {
      const version = manifestIn(place)?.['version']
      return typeof version === 'string' ? version : ''
    }
    if (at === '.') return undefined
  }
}

/** Where the files of each installed package are: in the store, or where they were built; empty where they are not to be found. */
export function installedFiles(
  root: string,
  graph: Graph,
  store: Store,
): (key: InstanceKey) => string {
  const slots = new Map(packagesOfProject(root))
  return (key) => {
    const release = releaseOf(graph, key)
    const { name } = release
    const slot = slots.get(key) ?? ''
    // What was built is there even where nobody has what it was built from.
    const built = store.hasSlot(slot) ? join(store.slotFolder(slot), 'node_modules', name) : ''
    return store.findContents(identityOf(release), name) ?? built
  }
}

/** That it differs, and what to do; undefined where it does not. */
export function installedFault({
  isThere,
  lacking,
  extra,
}: Pick<InstalledState, 'isThere' | 'lacking' | 'extra'>): string | undefined {
  if (!isThere) return lacking.length === 0 ? undefined : 'nothing is installed'
  const parts = [
    ...(lacking.length === 0 ? [] : [`lacks ${named(lacking)}`]),
    ...(extra.length === 0 ? [] : [`has ${named(extra)} besides`]),
  ]
  return parts.length === 0 ? undefined : `node_modules ${parts.join(', and ')}`
}

const maxNamed = 3

function named(keys: readonly InstanceKey[]): string {
  const ids = [...new Set(keys.map((key) => key.split('(', 1)[0] ?? key))].toSorted()
  const rest = ids.length - maxNamed
  const shown = ids.slice(0, maxNamed).join(', ')
  return rest > 0 ? `${shown} and ${rest} more` : shown
}
