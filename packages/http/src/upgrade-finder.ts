// Path and wanted protocol to upgrade.
import type { Incoming } from './exchange.ts'
import type { Upgrade } from './face.ts'
import { maxListMembers } from './limits.ts'
import { createRouter, type Params, type Route } from './router.ts'

/** The upgrade for a path and the headers that ask for one; undefined when there is none. */
export type UpgradeFinder = (
  path: string,
  headers: Incoming['headers'],
) => { readonly upgrade: Upgrade; readonly params: Params } | undefined

/** A finder over these upgrades. */
export function createUpgradeFinder(upgrades: readonly Upgrade[]): UpgradeFinder {
  const byProtocol = new Map(
    Object.entries(Object.groupBy(upgrades, ({ protocol }) => protocol)).map(
      ([protocol, those = []]) => [protocol, finderOf(those)],
    ),
  )
  return (path, headers) => {
    const wanted = (headers['upgrade'] ?? '').split(',', maxListMembers)
    for (const member of wanted) {
      const found = byProtocol.get(member.trim().toLowerCase())?.(path)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function finderOf(upgrades: readonly Upgrade[]): (path: string) => ReturnType<UpgradeFinder> {
  const byRoute = new Map(upgrades.map((upgrade) => [routeOf(upgrade), upgrade]))
  const router = createRouter([...byRoute.keys()])
  return (path) => {
    const found = router({ method: 'GET', path, accept: undefined })
    const upgrade = found === undefined ? undefined : byRoute.get(found.route)
    return found === undefined || upgrade === undefined
      ? undefined
      : { upgrade, params: found.params }
  }
}

function routeOf({ path }: Upgrade): Route {
  return { method: 'GET', path, answer: refuseToAnswer }
}

function refuseToAnswer(): never {
  throw new Error('An upgrade is no route')
}
