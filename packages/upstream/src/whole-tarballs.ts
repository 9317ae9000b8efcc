// Tarballs for the operator, who waits until all of one is here: a server that stops does not wait with them.
import { SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { stoppingRetryS } from './limits.ts'
import type { ProxiedTarball } from './releases.ts'

/** A tarball by its package and version, that may still be coming. */
type FetchTarball = (name: PackageName, version: string) => Promise<ProxiedTarball | undefined>

export type WholeTarballs = {
  /** Resolves when all of it is here, or there is no room for it. Throws `server_busy` once `stop` was called. */
  readonly fetch: FetchTarball
  /** The same of other work. */
  readonly wait: <T>(work: () => Promise<T>) => Promise<T>
  /** Ends the waiting; what is on its way goes on. */
  readonly stop: () => void
}

/** Over `tarball`, which fetches what is not here. */
export function createWholeTarballs(tarball: FetchTarball): WholeTarballs {
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => undefined) // Nobody may be waiting.
  let isStopped = false
  const fetch: FetchTarball = async (name, version) => {
    const found = await tarball(name, version)
    if (found?.kind === 'arriving') await found.arriving.whole
    return found
  }
  const wait: WholeTarballs['wait'] = (work) =>
    isStopped ? stopped.promise : Promise.race([stopped.promise, work()])
  return {
    fetch: (name, version) => wait(() => fetch(name, version)),
    wait,
    stop: () => {
      isStopped = true
      const reason = 'this server is stopping'
      stopped.reject(new SteleError('server_busy', { reason, retryAfterS: stoppingRetryS }))
    },
  }
}
