// A drive that somebody else shares: found, and read through its peers.
import type Corestore from 'corestore'
import type Hypercore from 'hypercore'
import Hyperdrive from 'hyperdrive'
import type Hyperswarm from 'hyperswarm'
import { type CloneOptions, SteleError } from 'stele/clone'
import { formatAddress } from './address.ts'
import { createDriveFetch } from './drive-fetch.ts'

/** How long to wait for peers, in milliseconds. */
type Patience = { readonly searchMs: number; readonly silenceMs: number }

type Options = Patience & {
  readonly key: Buffer
  readonly store: Corestore
  readonly swarm: Hyperswarm
  /** Ends the search. */
  readonly signal: AbortSignal
}

/** A drive that was found. */
export type FoundDrive = { readonly fetch: CloneOptions['fetch'] }

/** Looks for peers until one has said what the drive holds. Throws `peers_silent`, `drive_invalid`. */
export async function findDrive(options: Options): Promise<FoundDrive> {
  const { key, store, swarm, searchMs, silenceMs, signal } = options
  const address = formatAddress(key)
  const index = store.get({ key })
  await index.ready()
  const stopLooking = index.findingPeers()
  swarm.join(index.discoveryKey, { server: false, client: true })
  swarm.flush().then(stopLooking, stopLooking)
  await waitForLength(index, { address, searchMs, signal })
  const contentKey = Hyperdrive.getContentKey(index)
  if (contentKey === null) {
    const reason = 'the drive is of a kind that was made years ago'
    throw new SteleError('drive_invalid', { address, path: '/', reason })
  }
  const contents = store.get({ key: contentKey })
  await contents.ready()
  let heardMs = 0
  for (const core of [index, contents]) core.on('download', () => void (heardMs = Date.now()))
  const fetch = createDriveFetch({
    address,
    index,
    contents,
    refresh: () => within(silenceMs, signal, index.update({ wait: true })),
    heardMs: () => heardMs,
    nowMs: Date.now,
    silenceMs,
  })
  return { fetch }
}

/** Until a peer has shown how long the index is, and that whoever has its key has signed that. */
async function waitForLength(
  index: Hypercore,
  { address, searchMs, signal }: { address: string; searchMs: number; signal: AbortSignal },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const checkLength = (): void => {
    if (index.length > 0) resolve()
  }
  index.on('append', checkLength)
  index.on('peer-add', () => void index.update({ wait: true }).then(checkLength, checkLength))
  checkLength()
  await within(searchMs, signal, promise)
  if (index.length > 0 || signal.aborted) return
  const reason =
    index.peers.length > 0
      ? `who was found has shown nothing of it within ${searchMs / 1000} seconds`
      : `nobody who shares it was found within ${searchMs / 1000} seconds`
  throw new SteleError('peers_silent', { address, reason })
}

/** Until it has happened, the time is over, or nobody waits any more. */
async function within(ms: number, signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const stop = (): void => resolve()
  signal.addEventListener('abort', stop)
  if (signal.aborted) resolve()
  await Promise.race([work, promise])
  signal.removeEventListener('abort', stop)
  clearTimeout(timer)
}
