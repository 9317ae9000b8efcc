// Who reads large uploads, and when: a few threads, accounts in turn, one upload at a time for each, a bounded queue.
import { SteleError } from '@stele/errors'
import type { DocumentJob, ReadDocument } from '@stele/registry'
import {
  ingestRetryS,
  ingestThreads,
  maxIngestWaiting,
  maxIngestWaitingPerAccount,
  maxIngestWaitingShared,
} from './limits.ts'
import { createTurnQueue, type TurnQueue } from './queue.ts'

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
  readonly resolve: (read: ReadDocument | Promise<ReadDocument>) => void
}
type Idle = { readonly thread: IngestThread; readonly timer: { readonly cancel: () => void } }

/** A pool without threads yet: they are started when there is work, and ended when there is none for a while. */
export function createIngestPool(ports: IngestPorts): IngestPool {
  const waiting = createTurnQueue<Waiting>()
  const busy = new Set<string>()
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
      checkRoom(job, waiting)
      return new Promise((resolve) => {
        waiting.add(job.account, { job, resolve })
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

function checkRoom({ account }: DocumentJob, waiting: TurnQueue<Waiting>): void {
  const own = waiting.countOf(account)
  if (own >= maxIngestWaitingPerAccount) {
    const what = `large uploads of "${account}"`
    throw new SteleError('rate_limited', { what, retryAfterS: ingestRetryS })
  }
  if (waiting.count() >= (own === 0 ? maxIngestWaiting : maxIngestWaitingShared)) {
    const reason = 'too many large uploads wait to be read'
    throw new SteleError('server_busy', { reason, retryAfterS: ingestRetryS })
  }
}
