// While an upstream fails nobody waits for it who can be told what it said last: it is tried behind the answers.
import type { Breakers } from './breaker.ts'
import type { UnderWay } from './flights.ts'
import { maxTryMs } from './limits.ts'
import type { UpstreamPorts } from './ports.ts'

/** What asking gives, or, while the upstream fails, what `holdOn` gives; also for those who wait when it begins to fail. */
export type Trying = <T>(upstream: string, ask: () => Promise<T>, holdOn: () => T) => Promise<T>

/** Nothing is tried yet. */
export function createTrying({
  breakers,
  track,
  now,
}: Pick<UnderWay, 'track'> & Pick<UpstreamPorts, 'now'> & { readonly breakers: Breakers }): Trying {
  const triedMs = new Map<string, number>() // One question at a time for each, unless it takes long.
  return async (upstream, ask, holdOn) => {
    const { isFailing, isOpen, unlessFailing } = breakers(upstream)
    if (!isFailing()) return unlessFailing(track(ask()), holdOn)
    const atMs = now()
    if (atMs - (triedMs.get(upstream) ?? -Infinity) >= maxTryMs && !isOpen()) {
      triedMs.set(upstream, atMs)
      const end = (): void => {
        if (triedMs.get(upstream) === atMs) triedMs.delete(upstream)
      }
      track(ask()).then(end, end)
    }
    return holdOn()
  }
}
