// Asks an upstream something, unless it is left alone for a while; what goes wrong is told in words.
import { isSteleError, SteleError } from '@stele/errors'
import { type Breaker, createBreaker } from './breaker.ts'
import type { Upstream, UpstreamPorts } from './ports.ts'

/**
 * Runs work that asks an upstream. What it throws counts against the upstream, and becomes upstream_unreachable; but for
 * errors of the catalogue: then there was an answer, even if nobody can use it.
 */
export type Asking = <T>(upstream: Upstream, what: string, work: () => Promise<T>) => Promise<T>

/**
 * Asks whoever did not fail too often: with different things, or, where every question is of one kind, with each of them.
 */
export function createAsking(
  { now, report }: Pick<UpstreamPorts, 'now' | 'report'>,
  counted: 'different' | 'each' = 'different',
): Asking {
  const breakers = new Map<string, Breaker>()
  const breakerOf = (id: string): Breaker => {
    const breaker = breakers.get(id) ?? createBreaker(now)
    breakers.set(id, breaker)
    return breaker
  }
  return async ({ id }, what, work) => {
    const breaker = breakerOf(id)
    const passed = breaker.pass()
    if (passed === undefined) {
      throw unreachable({ upstream: id, what, reason: resting }, breaker.restMs())
    }
    try {
      const result = await work()
      passed.succeeded()
      return result
    } catch (error) {
      if (isSteleError(error, 'server_busy')) throw error // Of our own network: the upstream was not asked.
      if (isSteleError(error)) {
        passed.succeeded()
        throw error
      }
      passed.failed(counted === 'each' ? Symbol(what) : what)
      const reason = error instanceof Error ? error.message : String(error)
      report({ kind: 'unreachable', upstream: id, reason })
      const told = { upstream: id, what, reason: `does not answer as it should: ${reason}` }
      throw unreachable(told, breaker.restMs(), error)
    }
  }
}

const resting = 'failed several times, and is left alone for a moment'

function unreachable(
  told: { readonly upstream: string; readonly what: string; readonly reason: string },
  waitMs: number,
  cause?: unknown,
): SteleError {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000))
  return new SteleError('upstream_unreachable', { ...told, retryAfterS }, { cause })
}
