// Tarballs of releases that were chosen, as their log has them: which of them are here, and having the others come.
import { isSteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { createFindHeld } from './find-held.ts'
import type { Learning } from './learning.ts'
import type { UpstreamPorts } from './ports.ts'
import type { WholeTarballs } from './whole-tarballs.ts'

/** A release that was chosen, and why its tarball is not here. */
type MissingRelease = { readonly version: string; readonly reason: string }

/** What is here of a package, before nobody can be asked for the rest any more. */
export type Holding = {
  /** The chosen versions whose tarballs are not here, or damaged. Nobody is asked. */
  readonly findMissing: (name: string) => Promise<readonly string[]>
  /**
   * Fetches these, one after the other, and gives those that are not here then. The others outlive a power cut, and the log
   * tells what they hold. Throws server_busy, and what keeps them from being taken apart, unless that was tried too often.
   */
  readonly fetchMissing: (name: PackageName) => Promise<readonly MissingRelease[]>
}

type Ports = Pick<UpstreamPorts, 'state' | 'tarballs'>

const noRoom = 'there is no room for it'

/** `fetchWhole` fetches what is not here; `learnNow` tells the log what it holds. */
export function createHolding(
  ports: Ports,
  fetchWhole: WholeTarballs['fetch'],
  learnNow: Learning['now'],
): Holding {
  const findHeld = createFindHeld(ports)
  const findMissing: Holding['findMissing'] = async (name) => {
    const missing: string[] = []
    for (const chosen of ports.state.chosenReleases(name)) {
      if ((await findHeld(name, chosen)) === undefined) missing.push(chosen.version)
    }
    return missing
  }
  const fetch = async (name: PackageName, version: string): Promise<string> => {
    try {
      const found = await fetchWhole(name, version)
      if (found === undefined) return 'its upstream does not have it, or is not asked for it'
      return noRoom // Where it is not here afterwards.
    } catch (error) {
      // That this server is busy, or stops, says nothing of what can be had.
      if (!isSteleError(error) || isSteleError(error, 'server_busy')) throw error
      return error.message
    }
  }
  return {
    findMissing,
    fetchMissing: async (name) => {
      const reasons = new Map<string, string>()
      for (const version of await findMissing(name)) {
        reasons.set(version, await fetch(name, version))
      }
      // All of them again: what was here before may have made room.
      const missing = await findMissing(name)
      await ports.tarballs.makeDurable(name)
      // Afterwards the log takes no word of them.
      for (const version of ports.state.unlearned(name)) await learnNow({ name, version })
      return missing.map((version) => ({ version, reason: reasons.get(version) ?? noRoom }))
    },
  }
}
