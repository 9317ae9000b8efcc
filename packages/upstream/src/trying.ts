// While an upstream fails nobody waits for it who can be told what it said last: it is tried behind the answers.
import type { Breakers } from './breaker.ts'
import type { UnderWay } from './flights.ts'

/** What asking gives, or, while the upstream fails, what `holdOn` gives; also for those who wait when it begins to fail. */
export type Trying = <T>(upstream: string, ask: () => Promise<T>, holdOn: () => T) => Promise<T>

/** Nothing is tried yet. */
export function createTrying({
  breakers,
  track,
}: Pick<UnderWay, 'track'> & { readonly breakers: Breakers }): Trying {
  const tried = new Set<string>() // One question at a time for each.
  return async (upstream, ask, holdOn) => {
    const { isFailing, isOpen, unlessFailing } = breakers(upstream)
    if (!isFailing()) return unlessFailing(track(ask()), holdOn)
    if (!tried.has(upstream) && !isOpen()) {
      tried.add(upstream)
      const end = (): unknown => tried.delete(upstream)
      track(ask()).then(end, end)
    }
    return holdOn()
  }
}
