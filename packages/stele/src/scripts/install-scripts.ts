// What packages want to run when they are installed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '@stele/formats/json'
import type { Store } from '@stele/install'
import {
  type Graph,
  hasInstallScript,
  type InstanceKey,
  type PackageId,
  type Release,
} from '@stele/resolve/graph'
import { identityOf } from '../client/layout/placing.ts'
import { manifestIn } from '../client/project/manifest-in.ts'
import { isGitAddress } from '../client/sources/git-kinds.ts'
import {
  type ApprovalFor,
  type Approvals,
  approvalFor,
  type Verdict,
  verdictOn,
} from './approvals.ts'
import { scriptsOf } from './events.ts'

/** The scripts of a package, in their order. */
export type InstallScripts = {
  readonly manifest: JsonObject
  readonly scripts: readonly (readonly [event: string, script: string])[]
}

/** Those that npm runs when a package is installed. */
export const installEvents: readonly string[] = ['preinstall', 'install', 'postinstall']

/**
 * What the unpacked package in this folder wants to run. One that is to be compiled, and does not say how, is compiled as npm does; one of a
 * repository is prepared.
 */
export function readInstallScripts(folder: string, isOfGit: boolean): InstallScripts {
  const manifest = manifestIn(folder) ?? {} // What has none has no scripts.
  const found = scriptsOf(manifest)
  const isCompiled =
    found['preinstall'] === undefined &&
    found['install'] === undefined &&
    manifest['gypfile'] !== false &&
    existsSync(join(folder, 'binding.gyp'))
  const all = isCompiled ? { ...found, install: 'node-gyp rebuild' } : found
  const events = isOfGit ? [...installEvents, 'prepare'] : installEvents
  const scripts = events.flatMap((event) => {
    const script = all[event]
    return script === undefined ? [] : [[event, script] as const]
  })
  return { manifest: { ...manifest, scripts: all }, scripts }
}

/** A package that wants to run something. */
export type Wish = InstallScripts & {
  readonly id: PackageId
  readonly release: Release
  readonly verdict: Verdict
  /** What is noted where it is approved. */
  readonly approval: ApprovalFor
  readonly folder: string
}

/** Where packages are looked for. */
export type WishesOf = {
  readonly graph: Graph
  readonly selected: ReadonlySet<InstanceKey>
  readonly store: Store
  /** Empty where the package is not on this machine. */
  readonly contentsOf: (key: InstanceKey) => string
  readonly approvals: Approvals
}

/** The packages that want to run something, each once; by id. */
export function findWishes(of: WishesOf): readonly Wish[] {
  const { graph, selected, store, contentsOf, approvals } = of
  const wishes = new Map<PackageId, Wish>()
  for (const key of selected) {
    const id = graph.instances.get(key)?.id ?? ''
    const release = graph.packages.get(id)
    if (release === undefined || wishes.has(id)) continue
    const mayWish = hasInstallScript(release) || store.hasGyp(identityOf(release))
    if (!mayWish) continue
    const folder = contentsOf(key)
    if (folder === '') continue // It is not installed.
    const found = readInstallScripts(folder, isGitAddress(release.dist.tarball))
    if (found.scripts.length === 0) continue
    const verdict = verdictOn(approvals, graph, id)
    wishes.set(id, { ...found, id, release, folder, verdict, approval: approvalFor(graph, id) })
  }
  return [...wishes.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
