// Who reads large uploads, and when: a few threads, accounts in turn, one upload at a time for each, a bounded queue.
import { SteleError } from '@stele/errors'
import { clientKey } from '@stele/formats/networks'
import type { DocumentJob, ReadDocument } from '@stele/registry'
import {
  ingestRetryS,
  ingestThreads,
  maxIngestWaiting,
  maxIngestWaitingPerAccount,
  maxIngestWaitingShared,
  maxRecentAccounts,
} from './limits.ts'
import { createTurnQueue, type Sender, type TurnQueue } from './queue.ts'

/** A thread that reads one document at a time. */
export type IngestThread = {
  /** Rejects with what the document throws, or with what went wrong with the thread. */
  readonly read: (job: DocumentJob) => Promise<ReadDocument>
  /** False once it ended, or something else went wrong with it. */
  readonly isUsable: () => boolean
  readonly end: () => Promise<void>
}

/** Reads documents on other threads. */
export type IngestPool = {
  /** Throws what reading throws, and rate_limited, server_busy. */
  readonly ingest: (job: DocumentJob) => Promise<ReadDocument>
  readonly close: () => Promise<void>
}

/** What a pool is made of. `whenIdle` calls back after a while, unless it is cancelled. */
export type IngestPorts = {
  readonly startThread: () => IngestThread
  readonly whenIdle: (end: () => void) => { readonly cancel: () => void }
}

type Waiting = {
  readonly job: DocumentJob
  readonly sender: Sender
  readonly resolve: (read: ReadDocument | Promise<ReadDocument>) => void
}
type Idle = { readonly thread: IngestThread; readonly timer: { readonly cancel: () => void } }

/** A pool without threads yet: they are started when there is work, and ended when there is none for a while. */
export function createIngestPool(ports: IngestPorts): IngestPool {
  const waiting = createTurnQueue<Waiting>()
  const busy = new Set<string>()
  const hadTurns = createRecent()
  const idle: Idle[] = []
  const running = new Set<IngestThread>()
  let isClosed = false

  /** The next who has nothing read at the moment. */
  function next(): Waiting | undefined {
    if (running.size >= ingestThreads) return undefined
    return waiting.take((account) => !busy.has(account))
  }

  function takeThread(): IngestThread {
    const known = idle.pop()
    known?.timer.cancel()
    return known?.thread.isUsable() === true ? known.thread : ports.startThread()
  }

  function rest(thread: IngestThread): void {
    const timer = ports.whenIdle(() => {
      idle.splice(
        idle.findIndex((one) => one.thread === thread),
        1,
      )
      void thread.end()
    })
    idle.push({ thread, timer })
  }

  async function run({ job }: Waiting): Promise<ReadDocument> {
    const thread = takeThread()
    running.add(thread)
    busy.add(job.account)
    hadTurns.add(job.account)
    try {
      return await thread.read(job)
    } finally {
      running.delete(thread)
      busy.delete(job.account)
      if (thread.isUsable() && !isClosed) rest(thread)
      else void thread.end()
      pump()
    }
  }

  function pump(): void {
    for (let one = next(); one !== undefined; one = next()) one.resolve(run(one))
  }

  return {
    async ingest(job) {
      if (isClosed) throw stopping()
      const sender = senderOf(job)
      makeRoom(sender, waiting, hadTurns.has)
      return new Promise((resolve) => {
        waiting.add(sender, { job, sender, resolve })
        pump()
      })
    },
    async close() {
      isClosed = true
      for (const { resolve } of waiting.takeAll()) resolve(Promise.reject(stopping()))
      for (const { timer } of idle) timer.cancel()
      const threads = [...idle.splice(0).map(({ thread }) => thread), ...running]
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

function stopping(): SteleError {
  return new SteleError('server_busy', { reason: 'it is stopping', retryAfterS: ingestRetryS })
}

function senderOf({ account, client }: DocumentJob): Sender {
  return { account, client: client === undefined ? `account ${account}` : clientKey(client) }
}

/**
 * Lets the sender in, or throws rate_limited, server_busy. Where there is no place, the newest upload goes of whoever is less in need of
 * one: an address that has more waiting, or an account that had its turn where this one had none.
 */
function makeRoom(
  sender: Sender,
  waiting: TurnQueue<Waiting>,
  hadTurn: (account: string) => boolean,
): void {
  const own = waiting.countOf(sender.account)
  if (own >= maxIngestWaitingPerAccount) {
    const what = `large uploads of "${sender.account}"`
    throw new SteleError('rate_limited', { what, retryAfterS: ingestRetryS })
  }
  if (waiting.count() < (own === 0 ? maxIngestWaiting : maxIngestWaitingShared)) return
  const weigh = ({ client, account }: Sender): number =>
    2 * waiting.countAt(client) + (hadTurn(account) ? 1 : 0)
  const heaviest = waiting
    .senders()
    .reduce((most, one) => (weigh(one) > weigh(most) ? one : most), sender)
  // With its upload the sender's address must still have fewer waiting than the other one then has.
  const isLighter =
    weigh(sender) + (heaviest.client === sender.client ? 0 : 2) < weigh(heaviest) && own === 0
  const dropped = isLighter ? waiting.drop(heaviest) : undefined
  if (dropped === undefined) throw full()
  dropped.resolve(Promise.reject(full()))
}

function full(): SteleError {
  const reason = 'too many large uploads wait to be read'
  return new SteleError('server_busy', { reason, retryAfterS: ingestRetryS })
}

/** The accounts that had a turn last. */
function createRecent(): {
  readonly add: (account: string) => void
  readonly has: (account: string) => boolean
} {
  const accounts = new Set<string>() // The oldest first.
  return {
    add: (account) => {
      accounts.delete(account)
      accounts.add(account)
      const [oldest] = accounts
      if (accounts.size > maxRecentAccounts && oldest !== undefined) accounts.delete(oldest)
    },
    has: (account) => accounts.has(account),
  }
}
