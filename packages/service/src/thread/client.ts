// The other side of a thread: a client for each of its services.
import type { CallBlob, CallRequest, ScriptOffers } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { StateQuery } from '@stele/state'
import type { Service } from '../service.ts'
import { createHealthCheck } from './health.ts'
import { maxProofs } from './limits.ts'
import type { AnswerOutside } from './oracle-requests.ts'
import { type OpenedService, Thread, type ThreadOptions } from './thread.ts'

/** A service in a thread, as the rest of the process sees it. */
export type ServiceClient = Pick<
  Service,
  | 'submit'
  | 'prove'
  | 'noteServed'
  | 'takeDown'
  | 'checkTakedown'
  | 'readRules'
  | 'applyRules'
  | 'repairFolder'
  | 'stopRepairs'
  | 'close'
> & {
  /** What the script offers to callers, and whether they may be anonymous where calls have to be signed. */
  readonly offers: () => Promise<ScriptOffers>
  /** Settles once the log is open; `readOnly` says why it takes no writes, where it does not. */
  readonly ready: Promise<{ readonly readOnly: string | undefined }>
  /** Why writes are refused now, undefined where they are taken (or the log is still being opened). */
  readonly writesRefused: () => string | undefined
  /** Why the service is said not to answer, undefined where it does. Resolves within two seconds, whatever the thread does. */
  readonly notAnswering: () => Promise<string | undefined>
}

/** How a service is opened. */
type OpenOptions = {
  readonly name: string
  /** What the thread's opener needs to know. */
  readonly data: unknown
  /** Answers its oracles' requests; without it they are told that nothing may be asked. */
  readonly outside?: AnswerOutside | undefined
  /** Makes large blobs durable before their call is queued, and gives what remains to be kept with it. */
  readonly keepBlobs?: (blobs: readonly CallBlob[]) => Promise<readonly CallBlob[]>
  /** For how long it may leave a ping unanswered; 2,000 when absent. */
  readonly pingMs?: number
}

/** A thread that services run in. */
export type ServiceThread = {
  readonly open: (options: OpenOptions) => ServiceClient
  /** Closes the services that are open, and ends the thread. */
  readonly close: () => Promise<void>
}

/** Starts a thread without services. */
export function startThread(options: ThreadOptions): ServiceThread {
  const thread = new Thread(options)
  return { open: (one) => clientOf(thread, thread.open(one), one), close: () => thread.close() }
}

function clientOf(
  thread: Thread,
  service: OpenedService,
  { keepBlobs, pingMs }: OpenOptions,
): ServiceClient {
  let proofs = 0
  let lastServed = 0
  const notAnswering = createHealthCheck({
    ping: () => thread.ask<'ping'>(service, { do: 'ping' }),
    oldestCallMs: () => thread.oldestCallMs(service),
    ...(pingMs === undefined ? {} : { pingMs }),
  })
  const offers = async (): Promise<ScriptOffers> => thread.ask<'offers'>(service, { do: 'offers' })
  return {
    ready: service.ready,
    writesRefused: () => thread.writesRefused(service),
    notAnswering: async () => {
      const reason = await notAnswering()
      return reason === undefined ? undefined : `The service "${service.name}": ${reason}`
    },
    submit: async (request: CallRequest) => {
      // What is refused anyway is not written to the disk first.
      const isRefused = thread.writesRefused(service) !== undefined
      const kept = isRefused ? [] : await keepBlobs?.(request.blobs ?? [])
      const blobs = kept ?? request.blobs ?? []
      return thread.ask<'submit'>(service, { do: 'submit', request: { ...request, blobs } })
    },
    offers,
    prove: async (queries: readonly StateQuery[]) => {
      if (proofs >= maxProofs) {
        throw new SteleError('proofs_busy', { running: proofs, retryAfterS: 1 })
      }
      proofs++
      try {
        return await thread.ask<'prove'>(service, { do: 'prove', queries })
      } finally {
        proofs--
      }
    },
    noteServed: (size) => {
      if (size === lastServed || thread.writesRefused(service) !== undefined) return
      lastServed = size
      // Lost with a thread that ends: the one after it publishes every width of the unfinished tiles.
      thread.ask<'served'>(service, { do: 'served', size }).catch(() => undefined)
    },
    takeDown: async (takedown) => thread.ask<'take_down'>(service, { do: 'take_down', takedown }),
    checkTakedown: async (takedown) => {
      await thread.ask<'check_takedown'>(service, { do: 'check_takedown', takedown })
    },
    readRules: async () => thread.ask<'read_rules'>(service, { do: 'read_rules' }),
    applyRules: async (change) => thread.ask<'apply_rules'>(service, { do: 'apply_rules', change }),
    repairFolder: async ({ replace }) =>
      thread.ask<'repair_folder'>(service, { do: 'repair_folder', replace }),
    // Lost with a thread that ends, as the repair is.
    stopRepairs: () => {
      thread.ask<'stop_repairs'>(service, { do: 'stop_repairs' }).catch(() => undefined)
    },
    close: () => thread.closeService(service),
  }
}
