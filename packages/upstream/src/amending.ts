// Amending by hand: the operator lets a tarball's own package.json replace the record that its upstream told at first.
import { SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import type { HeldTarball, UpstreamPorts } from './ports.ts'
import type { WholeTarballs } from './whole-tarballs.ts'

/** The record that is served of a release, and the one that its tarball tells: canonical JSON. */
type Amendment = { readonly pinned: string; readonly own: string }

/** Both throw amend_refused where there is nothing to amend, and what fetching the tarball throws. */
export type Amending = {
  readonly read: (name: PackageName, version: string) => Promise<Amendment>
  /** Resolves when it is logged; the next packument has it. */
  readonly amend: (name: PackageName, version: string) => Promise<Amendment>
}

type Ports = Pick<UpstreamPorts, 'state' | 'calls' | 'takeApart' | 'tarballs'>

/** `fetch` fetches what is not here. */
export function createAmending(
  { state, calls, takeApart, tarballs }: Ports,
  fetch: WholeTarballs['fetch'],
): Amending {
  const hold = async (name: PackageName, version: string): Promise<HeldTarball | undefined> => {
    const found = await fetch(name, version)
    return found === undefined ? undefined : await tarballs.find(found.integrity, name)
  }
  const compare = async (name: PackageName, version: string) => {
    const spec = `${name}@${version}`
    const origin = state.origin(name)
    const refused = (reason: string): SteleError =>
      new SteleError('amend_refused', { spec, reason })
    if (origin === undefined) throw refused('it is not known here')
    if (origin === 'hosted') throw refused('it belongs to this registry, and to no upstream')
    const held = await hold(name, version)
    const pinned =
      state.amended(name).get(version) ??
      state.chosenReleases(name).find((one) => one.version === version)?.record
    if (held === undefined && pinned === undefined && state.seen(name, version) === undefined) {
      throw refused(`the upstream "${origin}" has no such version`)
    }
    if (held === undefined || pinned === undefined) {
      throw refused(`its tarball cannot be had from the upstream "${origin}"`)
    }
    const { contents, own } = await takeApart(held)
    if (own === undefined) throw refused('its tarball has no package.json that can be read')
    if (own.record === pinned) throw refused('what is served of it is what its tarball tells')
    return { pinned, own, contents }
  }
  return {
    read: async (name, version) => {
      const { pinned, own } = await compare(name, version)
      return { pinned, own: own.record }
    },
    amend: async (name, version) => {
      const { pinned, own, contents } = await compare(name, version)
      if (state.contents(name, version) === undefined) {
        await calls.contents([{ name, version, contents }])
      }
      await calls.amend({ name, version, ...own })
      return { pinned, own: own.record }
    },
  }
}
