// Reads what upstreams sent: small packuments at once, the rest on a thread of its own, which is started when it is needed.
import { Worker } from 'node:worker_threads'
import { errorFromText, isSteleError, SteleError } from '@stele/errors'
import type { Apart, UpstreamPorts } from '@stele/upstream'
import {
  bytesToRead,
  largePackumentBytes,
  type Taken,
  type Taking,
  takeIn,
} from '@stele/upstream/taking'
import { ownBytes } from '../ingest/messages.ts'
import type { HeavyWork } from '../server/heavy-work.ts'
import {
  inlinePackumentBytes,
  leastReadingHeapMegabytes,
  readingHeapFactor,
  readingIdleMs,
  readingRetryS,
  readingTimeoutMs,
  swellingBytes,
} from './limits.ts'
import type { ReadingJob, ReadingNews } from './worker.ts'

/** The ports that take things apart. */
export type Reading = Pick<UpstreamPorts, 'takeIn' | 'takeApart'> & {
  readonly close: () => Promise<void>
}

/** A reading without a thread yet. `main` is the module that threads run; no packument is larger than `maxPackumentBytes`. */
export function openReading(main: URL, heavy: HeavyWork, maxPackumentBytes: number): Reading {
  const heapMegabytes = (readingHeapFactor * maxPackumentBytes) / 1024 ** 2
  let thread: ReadingThread | undefined
  let isClosed = false
  const run = async (job: ReadingJob): Promise<Taken | Apart> => {
    if (isClosed) throw busy('it is stopping')
    if (thread === undefined || !thread.isUsable())
      thread = startThread(main, Math.max(leastReadingHeapMegabytes, heapMegabytes))
    return thread.run(job)
  }
  return {
    takeIn: async (taking) => {
      const sizeBytes = bytesToRead(taking)
      const small = takeSmall(taking, sizeBytes)
      if (small !== undefined) return small
      const job = { kind: 'packument', taking, sizeBytes } as const
      const taken = await heavy(sizeBytes, () => run(job))
      if ('template' in taken) return taken
      throw new Error('A packument was read as something else')
    },
    takeApart: async ({ path, sha512 }) => {
      const apart = await run({ kind: 'tarball', path, sha512 })
      if ('contents' in apart) return apart
      throw new Error('A tarball was read as something else')
    },
    close: async () => {
      isClosed = true
      await thread?.end()
    },
  }
}

type ReadingThread = {
  readonly run: (job: ReadingJob) => Promise<Taken | Apart>
  readonly isUsable: () => boolean
  readonly end: () => Promise<void>
}

type Running = {
  readonly resolve: (done: Taken | Apart) => void
  readonly reject: (error: unknown) => void
}

function startThread(main: URL, maxOldGenerationSizeMb: number): ReadingThread {
  const resourceLimits = { maxOldGenerationSizeMb }
  const worker = new Worker(main, { workerData: { role: 'upstream' }, resourceLimits })
  worker.unref() // A server that ends does not wait for it.
  const running: Running[] = []
  let timer: NodeJS.Timeout | undefined
  let isUsable = true
  let isSwollen = false

  const spoil = (why: SteleError): void => {
    isUsable = false
    clearTimeout(timer)
    for (const { reject } of running.splice(0)) reject(why)
    void worker.terminate()
  }
  /** The job at the front has so long; an idle thread too, before it goes. */
  const wait = (): void => {
    clearTimeout(timer)
    const isIdle = running.length === 0
    const why = `reading what an upstream sent took over ${readingTimeoutMs / 1000} seconds`
    timer = setTimeout(() => spoil(busy(why)), isIdle ? readingIdleMs : readingTimeoutMs)
    timer.unref()
  }
  worker.on('message', (news: ReadingNews) => {
    const one = running.shift()
    wait()
    if ('done' in news) one?.resolve(news.done)
    else one?.reject(errorFromText(news.error))
    if (isSwollen && running.length === 0) spoil(busy('it has read something large'))
  })
  worker.on('error', (cause) => spoil(busy('reading what an upstream sent failed', cause)))
  worker.on('exit', () => spoil(busy('the thread that reads what upstreams send has ended')))
  return {
    isUsable: () => isUsable,
    run: (job) =>
      new Promise((resolve, reject) => {
        running.push({ resolve, reject })
        if (job.kind === 'packument' && job.sizeBytes > swellingBytes) isSwollen = true
        if (running.length === 1) wait()
        worker.postMessage(...messageOf(job))
      }),
    end: async () => {
      spoil(busy('it is stopping'))
      await worker.terminate()
    },
  }
}

/** A small packument is read here; one that says so, and is not, is left to the thread. */
function takeSmall(taking: Taking, sizeBytes: number): Taken | undefined {
  if (sizeBytes > inlinePackumentBytes) return undefined
  try {
    return takeIn({ ...taking, maxBytes: inlinePackumentBytes })
  } catch (error) {
    if (isSteleError(error, 'upstream_too_large')) return undefined
    throw error
  }
}

/** A large packument is handed over, not copied: nobody here needs it any more. Of others there is a copy, if they turn out to be large. */
function messageOf(job: ReadingJob): [job: ReadingJob, transfer: ArrayBuffer[]] {
  if (job.kind === 'tarball') return [job, []]
  const { taking } = job
  const isLarge = taking.maxBytes > largePackumentBytes
  const body = isLarge ? ownBytes(taking.body) : new Uint8Array(taking.body)
  return [{ ...job, taking: { ...taking, body } }, [body.buffer]]
}

/** Nothing is wrong with what was asked for: it can be asked for again. */
function busy(reason: string, cause?: unknown): SteleError {
  return new SteleError('server_busy', { reason, retryAfterS: readingRetryS }, { cause })
}
