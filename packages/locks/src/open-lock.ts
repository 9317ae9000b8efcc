// A lock as it lies there: whole, or left by a merge of two branches, with conflict markers or with lines that do not belong together.
import { SteleError } from '@stele/errors'
import type { Direct, Graph, Importer, Instance, InstanceKey } from '@stele/resolve/graph'
import semver from 'semver'
import type { Lock } from './lock.ts'
import { parseLines } from './parse-lock.ts'
import { danglingIn, isReached, stalePeersIn } from './soundness.ts'

/** Where two branches have different versions of the same dependency, which of them is gone on with. */
export type Choice = {
  /** The folder of a package.json, or a package. */
  readonly by: string
  readonly name: string
  readonly ours: InstanceKey
  readonly theirs: InstanceKey
  readonly taken: InstanceKey
}

/** What a merge of two branches left behind. */
export type LockFault = {
  readonly reason: string
  /** Whether it can be installed all the same. */
  readonly isBearable: boolean
}

/** A lock, and what was wrong with it. */
export type OpenedLock = {
  readonly lock: Lock
  /** What resolving with it mends; absent where it is whole. */
  readonly fault?: LockFault
  readonly choices: readonly Choice[]
}

/** The lock that the text is, mended as far as lines alone tell. Throws lock_invalid. */
export function openLock(text: string, path: string): OpenedLock {
  const sides = splitSides(text)
  if (sides === undefined) {
    const lock = parseLines(text, path)
    return { lock, ...faultOf(lock.graph), choices: [] }
  }
  const [ours, theirs] = sides.map((side) => parseSide(side, path))
  if (ours === undefined || theirs === undefined) throw new Error('A merge has two sides')
  const choices: Choice[] = []
  const lock = {
    graph: mergeGraphs(ours.graph, theirs.graph, { choices, path }),
    settings: { ...theirs.settings, ...ours.settings },
    ...(ours.checkpoints === undefined && theirs.checkpoints === undefined
      ? {}
      : { checkpoints: { ...theirs.checkpoints, ...ours.checkpoints } }),
  }
  const fault = { reason: 'it has conflict markers of a merge', isBearable: false }
  return { lock, fault, choices }
}

function faultOf(graph: Graph): { readonly fault?: LockFault } {
  const [missing] = danglingIn(graph)
  if (missing !== undefined) {
    const reason = `it has no "${missing.key}", which "${missing.by}" depends on`
    return { fault: { reason, isBearable: false } }
  }
  const [stale] = stalePeersIn(graph)
  if (stale !== undefined) {
    const reason = `"${stale.by}" has another "${stale.name}" than whoever depends on it`
    return { fault: { reason, isBearable: true } }
  }
  if (isReached(graph)) return {}
  return { fault: { reason: 'nothing depends on some of its packages', isBearable: true } }
}

function parseSide(text: string, path: string): Lock {
  try {
    return parseLines(text, path)
  } catch (cause) {
    const reason = 'it has conflict markers of a merge, and one side of them is damaged'
    throw new SteleError('lock_invalid', { path, reason }, { cause })
  }
}

/** The text as each branch has it; undefined where there are no conflict markers. */
function splitSides(text: string): readonly [ours: string, theirs: string] | undefined {
  if (!/^<{7}(?: |$)/m.test(text)) return undefined
  const sides: { ours: string[]; theirs: string[] } = { ours: [], theirs: [] }
  let at: 'both' | 'ours' | 'base' | 'theirs' = 'both'
  for (const line of text.split(/\r?\n/)) {
    const [marker = ''] = /^(?:<{7}|\|{7}|={7}|>{7})(?= |$)/.exec(line) ?? []
    if (marker.startsWith('<')) at = 'ours'
    else if (marker.startsWith('|')) at = 'base'
    else if (marker.startsWith('=')) at = 'theirs'
    else if (marker.startsWith('>')) at = 'both'
    else {
      if (at === 'both' || at === 'ours') sides.ours.push(line)
      if (at === 'both' || at === 'theirs') sides.theirs.push(line)
    }
  }
  return [sides.ours.join('\n'), sides.theirs.join('\n')]
}

type Merge = { readonly choices: Choice[]; readonly path: string }

function mergeGraphs(ours: Graph, theirs: Graph, { choices, path }: Merge): Graph {
  const chooseFor =
    (by: string): Choose =>
    (name, one, other) => {
      if (one === other) return one
      const taken = isNewer(other, one) ? other : one
      choices.push({ by, name, ours: one, theirs: other, taken })
      return taken
    }
  const mergeInstance = (one: Instance, other: Instance, by: string): Instance => ({
    ...one,
    dependencies: mergeMaps(one.dependencies, other.dependencies, chooseFor(by)),
    optional: new Set([...one.optional, ...other.optional]),
  })
  const importers = mergeMaps(
    new Map(ours.importers.map((importer) => [importer.folder, importer])),
    new Map(theirs.importers.map((importer) => [importer.folder, importer])),
    (folder, one, other) => mergeImporter(one, other, chooseFor(folder)),
  )
  return {
    importers: [...importers.values()],
    packages: mergeMaps(ours.packages, theirs.packages, (id, one, other) => {
      if (one.dist.integrity === other.dist.integrity) return one
      const reason = `the two branches that were merged have different hashes of "${id}"`
      throw new SteleError('lock_invalid', { path, reason })
    }),
    instances: mergeMaps(ours.instances, theirs.instances, (key, one, other) =>
      mergeInstance(one, other, key),
    ),
  }
}

type Choose = (name: string, one: InstanceKey, other: InstanceKey) => InstanceKey

/** Of two specifiers of one name package.json knows which holds: the newer version is only a guess. */
function mergeImporter(ours: Importer, theirs: Importer, choose: Choose): Importer {
  const mergeDirect = (name: string, one: Direct, other: Direct): Direct => {
    if (one.instance === undefined || other.instance === undefined) {
      return one.instance === undefined ? other : one
    }
    return choose(name, one.instance, other.instance) === one.instance ? one : other
  }
  const directs = mergeMaps(
    new Map(ours.directs.map((direct) => [direct.name, direct])),
    new Map(theirs.directs.map((direct) => [direct.name, direct])),
    mergeDirect,
  )
  return { folder: ours.folder, directs: [...directs.values()] }
}

/** By key, in order; what both have is decided. */
function mergeMaps<Value>(
  ours: ReadonlyMap<string, Value>,
  theirs: ReadonlyMap<string, Value>,
  both: (key: string, one: Value, other: Value) => Value,
): ReadonlyMap<string, Value> {
  const merged = new Map(ours)
  for (const [key, other] of theirs) {
    const one = ours.get(key)
    merged.set(key, one === undefined ? other : both(key, one, other))
  }
  return new Map([...merged].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function isNewer(one: InstanceKey, other: InstanceKey): boolean {
  const [version, otherVersion] = [versionIn(one), versionIn(other)]
  if (version === null || otherVersion === null) return one > other
  const order = semver.compare(version, otherVersion)
  return order === 0 ? one > other : order > 0
}

function versionIn(key: InstanceKey): string | null {
  const [id = ''] = key.split('(', 1)
  return semver.valid(id.slice(id.indexOf('@', 1) + 1), { loose: true })
}
