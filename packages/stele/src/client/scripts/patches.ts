// Patches that a project has for packages, as pnpm writes them down: "patchedDependencies", names with versions or ranges to files.
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { readRegular } from '@stele/install/files'
import type { Graph, InstanceKey, Release } from '@stele/resolve/graph'
import semver from 'semver'
import { maxProjectFileBytes } from '../limits.ts'
import type { Project } from '../project/project.ts'
import { objectIn, rootManifest } from '../resolving/resolve-settings.ts'
import { splitSpec } from '../resolving/wish.ts'

/** A patch: what it is for, and its file below the root. */
export type Patch = { readonly key: string; readonly path: string }

/** The patches of a project, from pnpm's places and its own. */
export function readPatches(project: Project): readonly Patch[] {
  const manifest = rootManifest(project)
  const places = [objectIn(manifest['pnpm']), project.settingsFile, objectIn(manifest['stele'])]
  const all = Object.assign({}, ...places.map((each) => objectIn(each['patchedDependencies'])))
  return Object.entries(all).flatMap(([key, path]) =>
    typeof path === 'string' ? [{ key, path }] : [],
  )
}

/** Which packages are patched by what, with the digest of each patch; and patches that fit nothing. */
export type Patched = {
  readonly patches: ReadonlyMap<InstanceKey, Patch & { readonly digest: string }>
  readonly unused: readonly Patch[]
}

/** Finds the patches of what is installed: that for the version, else that for a range, else that for the name. Throws patch_failed. */
export function findPatched(
  root: string,
  patches: readonly Patch[],
  { graph, selected }: { readonly graph: Graph; readonly selected: ReadonlySet<InstanceKey> },
): Patched {
  const digests = new Map(patches.map((patch) => [patch, digestOf(root, patch)] as const))
  const found = new Map<InstanceKey, Patch & { readonly digest: string }>()
  const used = new Set<Patch>()
  for (const key of patches.length === 0 ? [] : selected) {
    const release = graph.packages.get(graph.instances.get(key)?.id ?? '')
    const patch = release && patchFor(patches, release)
    if (patch === undefined) continue
    used.add(patch)
    found.set(key, { ...patch, digest: digests.get(patch) ?? '' })
  }
  return { patches: found, unused: patches.filter((patch) => !used.has(patch)) }
}

function patchFor(patches: readonly Patch[], { name, version }: Release): Patch | undefined {
  const fitting = patches.filter(({ key }) => splitSpec(key).name === name)
  const isOf = (fits: (wanted: string) => boolean) => (patch: Patch) => {
    const { version: wanted } = splitSpec(patch.key)
    return wanted !== undefined && fits(wanted)
  }
  return (
    fitting.find(isOf((wanted) => wanted === version)) ??
    fitting.find(isOf((wanted) => semver.satisfies(version, wanted, { loose: true }))) ??
    fitting.find(({ key }) => key === name)
  )
}

function digestOf(root: string, { key, path }: Patch): string {
  try {
    return hash('sha256', readRegular(join(root, path), maxProjectFileBytes), 'hex').slice(0, 32)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('patch_failed', { path, name: key, reason }, { cause })
  }
}
