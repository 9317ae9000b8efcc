// All tarballs of an installation: the threads that fetch and unpack them, and who waits for which.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ErrorText, errorFromText, SteleError } from '@stele/errors'
import { openPlainHttp, type PlainHttp, type Registries, type Transport } from '@stele/fetch'
import { createUnpack, type Staged, type Store } from '@stele/install'
import { integrityOf, type Release } from '@stele/resolve/graph'
import { fewJobs, maxAtOnce, maxJobs, maxThreads } from '../limits.ts'
import { createPuller, type Job, type Pulled, type Puller } from './puller.ts'

/** What a thread begins with. */
export type PullThreadData = {
  readonly root: string
  readonly claims: Int32Array
  readonly atOnce: number
  readonly transport: Transport
}
/** What it tells of a job. */
export type PulledMessage = {
  readonly index: number
  readonly integrity?: string
  readonly size?: number
  readonly error?: ErrorText
}

type Waiting = {
  readonly job: Job
  readonly staged: PromiseWithResolvers<Staged>
}

/** Where it is begun. */
type PullOptions = {
  readonly main: URL
  readonly root: string
  readonly store: Store
  readonly registries: Registries
}

/** Fetches and unpacks beside the slots, in as many threads as there are processors. This one helps when it is told to. */
export class Pull {
  readonly #options: PullOptions
  readonly #claims = new Int32Array(new SharedArrayBuffer(4 * maxJobs))
  readonly #threads: number
  readonly #atOnce: number
  readonly #workers: Worker[] = []
  readonly #waiting: Waiting[] = []
  #unsent: Job[] = []
  #own: Puller | undefined
  #http: PlainHttp | undefined
  #count = 0
  #bytes = 0

  constructor(options: PullOptions) {
    this.#options = options
    this.#threads = Math.min(Math.max(availableParallelism(), 2), maxThreads)
    this.#atOnce = Math.ceil(maxAtOnce / this.#threads)
  }

  /** How many were fetched. */
  get count(): number {
    return this.#count
  }

  /** How many are to be fetched, those that were included. */
  get wanted(): number {
    return this.#waiting.length
  }

  /** Bytes of the tarballs that were fetched. */
  get fetchedBytes(): number {
    return this.#bytes
  }

  /** Fetches and unpacks it. Throws what fetching and unpacking do. */
  add(release: Release): Promise<Staged> {
    const index = this.#waiting.length
    if (index >= maxJobs) throw new SteleError('graph_too_large', { limit: maxJobs })
    const { registries, store } = this.#options
    const job: Job = {
      index,
      spec: `${release.name}@${release.version}`,
      name: release.name,
      folder: store.stagingFolder(),
      integrity: integrityOf(release.dist),
      ...registries.tarballAsk(release),
    }
    const staged = Promise.withResolvers<Staged>()
    this.#waiting.push({ job, staged })
    if (this.#waiting.length > fewJobs) this.#startWorkers()
    if (this.#unsent.length === 0) queueMicrotask(() => this.#send())
    this.#unsent.push(job)
    return staged.promise
  }

  /** From now on this thread fetches and unpacks as well. */
  help(): void {
    this.#send()
    this.#own ??= this.#openOwn()
    this.#own.start()
  }

  /** Ends what is still being fetched. */
  close(): void {
    this.#own?.stop()
    this.#http?.close()
    for (const worker of this.#workers) void worker.terminate()
  }

  #send(): void {
    const jobs = this.#unsent
    this.#unsent = []
    if (jobs.length === 0) return
    for (const worker of this.#workers) worker.postMessage(jobs)
    this.#own?.add(jobs)
  }

  #openOwn(): Puller {
    this.#http = openPlainHttp(this.#atOnce, this.#options.registries.transport)
    const puller = createPuller({
      claims: this.#claims,
      atOnce: this.#atOnce,
      http: this.#http,
      unpack: createUnpack(),
      fetchTarball: (job) => this.#options.registries.bytes(job.url),
      report: (pulled) => this.#settle(pulled),
    })
    puller.add(this.#waiting.map(({ job }) => job))
    return puller
  }

  #startWorkers(): void {
    const sent = this.#waiting.length - this.#unsent.length - 1 // One is about to be added to those that are not.
    while (this.#workers.length < this.#threads - 1) {
      const worker = this.#startWorker()
      worker.postMessage(this.#waiting.slice(0, sent).map(({ job }) => job))
      this.#workers.push(worker)
    }
  }

  #startWorker(): Worker {
    const data: PullThreadData = {
      root: this.#options.root,
      claims: this.#claims,
      atOnce: this.#atOnce,
      transport: this.#options.registries.transport,
    }
    const worker = new Worker(this.#options.main, { workerData: { role: 'pull', data } })
    worker.on('message', (messages: readonly PulledMessage[]) => {
      for (const { error, ...pulled } of messages) {
        this.#settle(error === undefined ? pulled : { ...pulled, error: errorFromText(error) })
      }
    })
    worker.on('error', (error) => {
      for (const { staged } of this.#waiting) staged.reject(error)
    })
    return worker
  }

  #settle({ index, integrity, size = 0, error }: Pulled): void {
    const waiting = this.#waiting[index]
    if (waiting === undefined) throw new Error(`Nobody waits for job ${index}`)
    const { job, staged } = waiting
    if (integrity === undefined) {
      staged.reject(error)
      return
    }
    this.#count += 1
    this.#bytes += size
    staged.resolve({ name: job.name, folder: job.folder, integrity: job.integrity ?? integrity })
  }
}
