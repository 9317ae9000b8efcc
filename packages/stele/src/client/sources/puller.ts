// Fetches tarballs and unpacks them, in one thread of several: each takes from the same list what no other has taken.
import { isSteleError, SteleError } from '@stele/errors'
import type { PlainHttp } from '@stele/fetch'
import type { Unpack } from '@stele/install'
import { checkBytes } from './check-bytes.ts'

/** A tarball to fetch, and where its files go. */
export type Job = {
  readonly index: number
  readonly spec: string
  readonly name: string
  readonly url: string
  readonly authorization?: string | undefined
  /** As it must be; one of these where there are several. The SHA-512 is taken where nothing is known. */
  readonly integrity?: string | undefined
  readonly folder: string
}

/** What became of a job. */
export type Pulled = {
  readonly index: number
  readonly integrity?: string
  /** Bytes of its tarball. */
  readonly size?: number
  readonly error?: unknown
}

/** What a thread pulls with. */
export type PullerPorts = {
  /** A number for each job: 1 when a thread has taken it. */
  readonly claims: Int32Array
  readonly http: PlainHttp
  /** For what the plain sockets leave: redirects, proxies, errors, whatever takes several tries. */
  readonly fetchTarball: (job: Job) => Promise<Buffer>
  readonly unpack: Unpack
  readonly report: (pulled: Pulled) => void
  /** How many are asked for at a time. */
  readonly atOnce: number
}

/** Takes jobs as they come, once started, and none any more once stopped. */
export type Puller = {
  readonly add: (jobs: readonly Job[]) => void
  readonly start: () => void
  readonly stop: () => void
}

/** A puller of this thread. */
export function createPuller(ports: PullerPorts): Puller {
  const { claims, http, fetchTarball, atOnce } = ports
  const jobs: Job[] = []
  let next = 0
  let running = 0
  let isStarted = false
  const fill = (): void => {
    while (isStarted && running < atOnce && next < jobs.length) {
      const job = jobs[next++]
      if (job === undefined || Atomics.compareExchange(claims, job.index, 0, 1) !== 0) continue
      running += 1
      pull(job)
    }
  }
  const done = (pulled: Pulled): void => {
    running -= 1
    ports.report(pulled)
    fill()
  }
  const pull = (job: Job): void => {
    http.get(job, (body) => {
      if (body !== undefined) return done(taken(ports, job, body))
      fetchTarball(job).then(
        (bytes) => done(taken(ports, job, bytes)),
        (error: unknown) => done({ index: job.index, error }),
      )
    })
  }
  return {
    add: (more) => {
      jobs.push(...more)
      fill()
    },
    start: () => {
      isStarted = true
      fill()
    },
    stop: () => {
      isStarted = false
    },
  }
}

function taken({ unpack }: PullerPorts, job: Job, bytes: Buffer): Pulled {
  const { index } = job
  try {
    const integrity = checkBytes(bytes, job)
    unpack(bytes, { name: job.name, folder: job.folder, integrity: job.integrity ?? integrity })
    return { index, integrity, size: bytes.length }
  } catch (error) {
    return { index, error: named(error, job) }
  }
}

/** The error, with the package or the folder that it is about. */
function named(error: unknown, { spec, folder }: Job): unknown {
  if (isSteleError(error, 'tarball_invalid') || isSteleError(error, 'tarball_too_large')) {
    return new SteleError('tarball_unusable', { spec, reason: error.message }, { cause: error })
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error
  return new SteleError('store_refused', { folder, reason: error.message }, { cause: error })
}
