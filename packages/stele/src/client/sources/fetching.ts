// Brings packages into the store, each once, and gives each its slot.
import { isSteleError, SteleError } from '@stele/errors'
import { createUnpack, type Staged, type Store, type Unpack } from '@stele/install'
import {
  type Graph,
  type InstanceKey,
  integrityOf,
  type PackageId,
  type Release,
  releaseOf,
} from '@stele/resolve/graph'
import { fillSlot, findSlot, type Placing, shareSlot } from '../layout/placing.ts'
import { checkBytes } from './check-bytes.ts'
import type { Pull } from './pull.ts'
import type { Sources } from './sources.ts'

type Ports = {
  readonly pull: Pull
  readonly sources: Sources
  readonly store: Store
  /** What the store does not have cannot be had. */
  readonly isOffline: boolean
}

/** Fetches packages as soon as they are known to be needed. */
export class Fetching {
  readonly #ports: Ports
  readonly #begun = new Map<PackageId, Promise<Staged | string>>()
  #unpack: Unpack | undefined
  #others = 0

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** How many were fetched. */
  get count(): number {
    return this.#ports.pull.count + this.#others
  }

  /** Fetches the package, unless the store has it. */
  begin(id: PackageId, release: Release): void {
    if (this.#begun.has(id)) return
    const integrity = integrityOf(release.dist) ?? pinOf(id, release)
    const { store } = this.#ports
    const found = integrity === undefined ? undefined : store.findContents(integrity, release.name)
    const begun = found === undefined ? this.#fetch(id, release) : Promise.resolve(found)
    begun.catch(() => {}) // Whoever needs it hears of it.
    this.#begun.set(id, begun)
  }

  async #fetch(id: PackageId, release: Release): Promise<Staged> {
    const { pull, sources, store, isOffline } = this.#ports
    if (isOffline) throw new SteleError('offline_absent', { missing: [id] })
    if (isOfRegistry(id, release)) return pull.add(release)
    const { name, dist } = release
    const bytes = await sources.tarball(dist.tarball)
    const wanted = integrityOf(dist)
    const found = checkBytes(bytes, { spec: id, url: dist.tarball, integrity: wanted })
    const staged = {
      name,
      folder: store.stagingFolder(),
      integrity: wanted ?? pinOf(id, release) ?? found,
    }
    this.#unpack ??= createUnpack()
    this.#unpack(bytes, staged)
    this.#others += 1
    return staged
  }

  /**
   * Waits for all that is selected, and gives each its slot. The function tells where the files of each are; of those in `again`, as they
   * were before they were built.
   */
  async complete(
    placing: Placing,
    again: ReadonlySet<InstanceKey> = new Set(),
  ): Promise<(key: InstanceKey) => string> {
    const { graph, selected } = placing
    const { store, pull } = this.#ports
    const folders = new Map<InstanceKey, string>()
    for (const key of selected) {
      const found = again.has(key) ? undefined : findSlot(store, placing, key)
      if (found === undefined) this.begin(idOf(graph, key), releaseOf(graph, key))
      else folders.set(key, found)
    }
    if (this.#ports.isOffline) await this.#needAll(graph, selected)
    pull.help()
    const filled = new Map<Staged, string>()
    const awaited = [...selected].filter((key) => !folders.has(key))
    const failure = firstFailure(awaited.flatMap((key) => this.#begun.get(idOf(graph, key)) ?? []))
    for (const key of awaited) {
      const begun = this.#begun.get(idOf(graph, key))
      if (begun === undefined) throw new Error(`"${key}" was not begun`)
      const found = await Promise.race([begun, failure])
      const folder = typeof found === 'string' ? found : filled.get(found)
      if (folder !== undefined) folders.set(key, shareSlot(store, placing, { key, folder }))
      else if (typeof found !== 'string') {
        const own = fillSlot(store, placing, { key, staged: found })
        filled.set(found, own)
        folders.set(key, own)
      }
    }
    return (key) => folders.get(key) ?? ''
  }

  /** Throws offline_absent with all that the store does not have. */
  async #needAll(graph: Graph, selected: ReadonlySet<InstanceKey>): Promise<void> {
    const ids = new Set([...selected].map((key) => idOf(graph, key)))
    const begun = [...ids].flatMap((id) => this.#begun.get(id) ?? [])
    const ended = await Promise.allSettled(begun)
    const missing = ended.flatMap((each) => {
      const reason: unknown = each.status === 'rejected' ? each.reason : undefined
      return isSteleError(reason, 'offline_absent') ? reason.details.missing : []
    })
    if (missing.length > 0) {
      throw new SteleError('offline_absent', { missing: missing.toSorted() })
    }
  }
}

/** Rejects as soon as one of these does: with no network nobody waits until a thousand packages have been tried. */
function firstFailure(all: readonly Promise<unknown>[]): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {}) // Whoever waits hears of it.
  for (const each of all) each.catch(reject)
  return promise
}

function isOfRegistry(id: PackageId, { name, version }: Release): boolean {
  return id === `${name}@${version}`
}

/** What no registry has and no digest pins is pinned by its address, which names a commit. */
function pinOf(id: PackageId, release: Release): string | undefined {
  const { tarball } = release.dist
  return isOfRegistry(id, release) || tarball === '' ? undefined : tarball
}

function idOf({ instances }: Graph, key: InstanceKey): PackageId {
  const id = instances.get(key)?.id
  if (id === undefined) throw new Error(`The graph has no "${key}"`)
  return id
}
