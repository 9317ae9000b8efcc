// Asks an upstream something, unless it is left alone for a while; what goes wrong is told in words.
import { isSteleError, SteleError } from '@stele/errors'
import type { Breakers } from './breaker.ts'
import { maxBreakerRestMs } from './limits.ts'
import type { Upstream, UpstreamPorts } from './ports.ts'

/**
 * Runs work that asks an upstream. What it throws counts against the upstream, and becomes upstream_unreachable; but for
 * errors of the catalogue, and of takesTooLong(): then there was an answer, even if nobody can use it.
 */
export type Asking = <T>(upstream: Upstream, what: string, work: () => Promise<T>) => Promise<T>

/**
 * Asks whoever did not fail too often: with different things, or, where every question is of one kind, with each of them.
 */
export function createAsking(
  { report, breakers }: Pick<UpstreamPorts, 'report'> & { readonly breakers: Breakers },
  counted: 'different' | 'each' = 'different',
): Asking {
  return async ({ id, url }, what, work) => {
    const breaker = breakers(id)
    const passed = breaker.pass()
    if (passed === undefined) {
      throw unreachable({ upstream: id, url, what, reason: resting }, breaker.restMs())
    }
    try {
      const result = await work()
      passed.succeeded()
      return result
    } catch (error) {
      if (isSteleError(error, 'server_busy')) {
        passed.untold() // Of our own network: the upstream was not asked.
        throw error
      }
      if (isSteleError(error)) {
        passed.succeeded(error.message)
        throw error
      }
      const reason = error instanceof Error ? error.message : String(error)
      const asked = counted === 'each' ? Symbol(what) : what
      if (isOwnLimit(error)) passed.succeeded(reason)
      else passed.failed({ what: asked, reason, isLate: isLate(error) })
      report({ kind: 'unreachable', upstream: id, reason })
      const told = { upstream: id, url, what, reason: `does not answer as it should: ${reason}` }
      throw unreachable(told, breaker.restMs(), error)
    }
  }
}

const ownLimit = Symbol('a limit of this server')

/** The error for an answer that comes all the time, but is not whole in the time that this server gives it. */
export function takesTooLong(timeMs: number): Error {
  const reason = `what it sends takes more than ${timeMs / 1000} seconds to come`
  return new Error(reason, { cause: ownLimit })
}

function isOwnLimit(error: unknown): boolean {
  return error instanceof Error && error.cause === ownLimit
}

/** True for an error of the network where nothing came in the time that there was, or the system gave up first. */
function isLate(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'TimeoutError' || ('code' in error && error.code === 'ETIMEDOUT')
}

/** The same, for what can be done without: nobody waits for it while the packages of the upstream do not come either. */
export function askUnlessDown(
  ask: Asking,
  { now, breakers }: Pick<UpstreamPorts, 'now'> & { readonly breakers: Breakers },
): Asking {
  return async (upstream, what, work) => {
    const { id, url } = upstream
    const { isFailing, state } = breakers(id)
    const { lastError } = state()
    const sinceMs = now() - (lastError?.atMs ?? Number.NEGATIVE_INFINITY)
    // Not for ever: nobody may want a package of it, and so learn that it answers again.
    if (!isFailing() || sinceMs >= maxBreakerRestMs) return ask(upstream, what, work)
    const reason = `does not answer as it should: ${lastError?.reason ?? ''}`
    throw unreachable({ upstream: id, url, what, reason }, maxBreakerRestMs - sinceMs)
  }
}

const resting = 'failed several times, and is left alone for a moment'

function unreachable(
  told: {
    readonly upstream: string
    readonly url: string
    readonly what: string
    readonly reason: string
  },
  waitMs: number,
  cause?: unknown,
): SteleError {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000))
  return new SteleError('upstream_unreachable', { ...told, retryAfterS }, { cause })
}
