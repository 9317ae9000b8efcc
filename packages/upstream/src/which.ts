// Which upstream a name is asked of, if any.
import { scopeOf } from '@stele/formats/names'
import type { PinnedState, Upstream } from './ports.ts'

/**
 * The upstream of a name: the one that it belongs to by the log, else the one of its scope, else the first without scopes.
 * Undefined for what belongs to this registry: hosted, reserved, or private names are never asked of anybody.
 */
export function whichUpstream(
  name: string,
  upstreams: readonly Upstream[],
  state: Pick<PinnedState, 'origin' | 'isReserved'>,
  isPrivate: (name: string) => boolean,
): Upstream | undefined {
  const origin = state.origin(name)
  if (origin === 'hosted' || isPrivate(name) || state.isReserved(name)) return undefined
  if (origin !== undefined) return upstreams.find(({ id }) => id === origin)
  const scope = scopeOf(name)
  const ofScope =
    scope === undefined ? undefined : upstreams.find(({ scopes }) => scopes.includes(scope))
  return ofScope ?? upstreams.find(({ scopes }) => scopes.length === 0)
}
