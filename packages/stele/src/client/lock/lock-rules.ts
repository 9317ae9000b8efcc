// Whether a lock says only what resolving could have said: what the project's package.jsons want, and for dependencies of dependencies
// no sources that package.jsons may not name. A lock comes with a repository, and few read one before they install by it.
import { posix } from 'node:path'
import { SteleError } from '@stele/errors'
import {
  fitsWanted,
  nodeRanges,
  parseSpecifier,
  type ResolveRules,
  type Specifier,
} from '@stele/resolve'
import {
  type Direct,
  type Graph,
  type InstanceKey,
  idAt,
  linkedFolder,
  peersOf,
  type Release,
} from '@stele/resolve/graph'
import { type Project } from '../project/project.ts'
import { commitAddress, parseGitAddress } from '../sources/git-address.ts'
import { isGitAddress } from '../sources/git-kinds.ts'
import { addressBelow, folderOf } from '../sources/sources.ts'

/** What the project says of resolving. */
export type LockRules = Pick<ResolveRules, 'overrides' | 'allowsSource' | 'ranges'>

type Checked = {
  readonly path: string
  readonly wanted: Project['importers']
  readonly rules: LockRules
}

/** Throws lock_refused for the first line that resolving would not have written. `path` is the lock's. */
export function checkLock(graph: Graph, { path, wanted, rules }: Checked): void {
  const refuse = (line: string, reason: string): never => {
    throw new SteleError('lock_refused', { path, line, reason })
  }
  const known = new Set(wanted.map(({ folder }) => `link:${folder}`))
  for (const { folder, directs } of graph.importers) {
    for (const direct of directs) {
      const { name, specifier, instance } = direct
      if (instance === undefined) continue
      if (!isAsked(graph, direct, { folder, wanted, rules })) {
        const shown = instance.split('(', 1)[0]
        const file = posix.join(folder, 'package.json')
        refuse(name, `it has "${shown}" there, which is not the "${specifier}" of ${file}`)
      }
      known.add(idOf(graph, instance))
    }
  }
  checkTransitive(graph, { known, rules, refuse })
}

type Transitive = {
  /** What the project itself depends on, by id or link. */
  readonly known: Set<string>
  readonly rules: LockRules
  readonly refuse: (line: string, reason: string) => void
}

/** Peers may be whatever others in the graph may depend on: they come after all else. */
function checkTransitive(graph: Graph, { known, rules, refuse }: Transitive): void {
  const later: (readonly [by: Release, name: string, id: string])[] = []
  for (const { id: by, dependencies } of graph.instances.values()) {
    const release = graph.packages.get(by)
    if (release === undefined) continue
    for (const [name, key] of dependencies) {
      if (isOfRegistry(graph, key)) continue
      const id = idOf(graph, key)
      if (known.has(id)) continue
      const isLeave =
        rules.allowsSource?.(sourceOf(id), release) === true || isOverridden(rules.overrides, name)
      if (isLeave) known.add(id)
      else later.push([release, name, id])
    }
  }
  for (const [by, name, id] of later) {
    if (known.has(id) && peersOf(by).some((peer) => peer.name === name)) continue
    const line = `${by.name}@${by.version}`
    refuse(line, `its "${name}" is "${id}", and only your own package.json may name such a source`)
  }
}

type Asking = {
  readonly folder: string
  readonly wanted: Project['importers']
  readonly rules: LockRules
}

/** Whether this is what the specifier means, as far as it can be told without asking anybody. */
function isAsked(graph: Graph, direct: Direct, asking: Asking): boolean {
  const { folder, wanted, rules } = asking
  const { overrides, ranges = nodeRanges } = rules
  const { name, kind, specifier: written, instance = '' } = direct
  const importer = wanted.find((each) => each.folder === folder)
  const by = { name: importer?.name ?? '', version: importer?.version ?? '0.0.0' }
  const asked = { name, specifier: written, kind }
  const edge = overrides === undefined ? asked : overrides.edge(overrides.root, by, asked).edge
  if (edge === undefined) return false
  const specifier = parseSpecifier(name, edge.specifier)
  const linked = linkedFolder(instance)
  if (linked !== undefined) return isLinked(linked, specifier, asking)
  const release = graph.packages.get(idOf(graph, instance))
  if (release === undefined) return false
  const id = idOf(graph, instance)
  switch (specifier.kind) {
    case 'registry':
      return (
        id === `${specifier.name}@${release.version}` &&
        fitsWanted(release.version, specifier.wanted, ranges)
      )
    case 'tarball':
      return id === idAt(release.name, addressBelow(specifier.address, folder))
    case 'git':
      return isCommit(id, release.name, specifier)
    default:
      return false
  }
}

/** Whether it is a commit of that repository, and the very one where the specifier names one. */
function isCommit(
  id: string,
  name: string,
  { address, wanted }: Specifier & { readonly kind: 'git' },
): boolean {
  const parsed = parseGitAddress(address, wanted)
  const commit = /#([0-9a-f]{40,64})(?:&|$)/.exec(id)?.[1]
  if (parsed === undefined || commit === undefined) return false
  const isOther = /^[0-9a-f]{40,64}$/.test(parsed.committish) && parsed.committish !== commit
  return !isOther && id === idAt(name, commitAddress(parsed, commit))
}

function isLinked(
  linked: string,
  specifier: Specifier,
  { folder, wanted: importers, rules: { ranges } }: Asking,
): boolean {
  if (specifier.kind === 'folder') return linked === folderOf(specifier.path, folder)
  if (specifier.kind !== 'registry' && specifier.kind !== 'workspace') return false
  const { name, wanted } = specifier
  const found = importers.find((each) => each.folder === linked)
  if (found?.name !== name) return false
  if (specifier.kind === 'workspace' && /^[\^~*]?$/.test(wanted)) return true
  return fitsWanted(found.version ?? '0.0.0', wanted, ranges)
}

function isOfRegistry({ packages, instances }: Graph, key: InstanceKey): boolean {
  const id = instances.get(key)?.id
  if (id === undefined) return false
  const release = packages.get(id)
  return release !== undefined && id === `${release.name}@${release.version}`
}

/** The package's id, or the link itself. */
function idOf({ instances }: Graph, key: InstanceKey): string {
  return instances.get(key)?.id ?? key
}

/** What of a specifier its kind tells. */
function sourceOf(id: string): Specifier {
  const linked = linkedFolder(id)
  if (linked !== undefined) return { kind: 'folder', path: linked, isLink: true }
  const address = id.slice(id.indexOf('@', 1) + 1)
  return isGitAddress(address) ? { kind: 'git', address, wanted: '' } : { kind: 'tarball', address }
}

/** Whether the project itself names another source for dependencies of this name. */
function isOverridden(overrides: LockRules['overrides'], name: string): boolean {
  return (overrides?.valuesFor(name) ?? []).some(
    (value) => parseSpecifier(name, value).kind !== 'registry',
  )
}
