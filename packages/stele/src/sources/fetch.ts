// The network of a verification: GET of one path, with a limit of size and time, and some patience.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { SteleError } from '@stele/errors'
import { type Answer, type Asking, requestHttp } from './http-request.ts'

/** Waits before the second and the third try, in milliseconds. */
const retryAfterMs = [300, 1500] as const
/** How long a server may say nothing, in milliseconds. It is not asked again: three times as long would tell no more. */
const silenceMs = 15_000
/** How often it is looked at how much came; the first time is free, since the server may have to think. */
const paceMs = 30_000
/** Bytes that must come from one look to the next: 2 KiB a second, as the server asks of those who send to it. */
const minPaceBytes = 60 * 1024
const maxRedirects = 5
const redirects: readonly number[] = [301, 302, 303, 307, 308]
const serverFault = 500
const tooManyRequests = 429
const unauthorized = 401
/** Tools that name no type get JSON; browsers, which ask for text/html, get pages. */
const anyType = 'application/json, */*'

/** What asks and what waits; tests give their own. */
export type FetchPorts = {
  readonly request: (url: URL, asking: Asking, signal: AbortSignal) => Promise<Answer>
  readonly wait: (delayMs: number) => Promise<unknown>
  /** Calls back again and again until it is cancelled. */
  readonly every: (periodMs: number, work: () => void) => () => void
}

const ports: FetchPorts = { request: requestHttp, wait: setTimeoutPromise, every: everyOnClock }

/**
 * What a registry is asked through. `root` is its address without a slash at the end, `authorization` the header that it wants,
 * which nobody else gets. An answer that takes longer than `patienceMs` is given up.
 */
export function createFetch(
  {
    root,
    authorization,
    patienceMs,
  }: {
    readonly root: string
    readonly authorization?: string | undefined
    readonly patienceMs?: number | undefined
  },
  { request, wait, every }: FetchPorts = ports,
): VerifyPorts['fetch'] {
  return async (path, maxBytes, accept = anyType) => {
    const url = root + path
    for (const delayMs of [...retryAfterMs, undefined]) {
      const answer = await tryOnce(
        { request, every },
        { url, accept, authorization, patienceMs, maxBytes },
      )
      if (!('reason' in answer)) return answer
      if (delayMs === undefined || answer.isFinal === true) throw failure(url, answer)
      await wait(delayMs)
    }
    throw new Error('The last try answers or throws')
  }
}

type Asked = Asking & {
  readonly url: string
  readonly patienceMs: number | undefined
  readonly maxBytes: number
}
type Failed = {
  readonly reason: string
  readonly status?: number
  readonly isFinal?: boolean
  readonly isLate?: boolean
}

async function tryOnce(
  { request, every }: Pick<FetchPorts, 'request' | 'every'>,
  { url, accept, authorization, patienceMs, maxBytes }: Asked,
): Promise<Fetched | Failed> {
  const patience = new AbortController()
  let reason = ''
  const giveUp = (why: string): void => {
    reason = why
    patience.abort()
  }
  const timer = setTimeout(() => giveUp(silentReason), silenceMs)
  const pace = watchPace(every, () => giveUp(slowReason))
  const late = patienceMs === undefined ? '' : `it took more than ${patienceMs / 1000} seconds`
  const endPatience = late === '' ? undefined : every(patienceMs ?? 0, () => giveUp(late))
  const heard = (sizeBytes: number): void => {
    timer.refresh()
    pace.came(sizeBytes)
  }
  try {
    let place = new URL(url)
    for (let hops = 0; ; hops++) {
      const isOwn = place.origin === new URL(url).origin
      const asking = { accept, ...(isOwn ? { authorization } : {}) }
      const answer = await request(place, asking, patience.signal)
      timer.refresh()
      const { status } = answer
      const target = redirects.includes(status) ? answer.location : undefined
      if (target === undefined && status === unauthorized) {
        answer.cancel()
        const reason = noReaderReason(asking.authorization !== undefined)
        return { reason, status, isFinal: true }
      }
      if (target === undefined) return await readAnswer(answer, maxBytes, heard)
      answer.cancel()
      const next = new URL(target, place)
      if (next.hostname !== place.hostname || hops >= maxRedirects) {
        const reason = `it redirects to ${next.origin}: verify that address, if it is the one you mean`
        return { reason, status, isFinal: true }
      }
      place = next
    }
  } catch (error) {
    if (patience.signal.aborted) return { reason, isFinal: true, isLate: reason === late }
    if (error instanceof Error) return { reason: reasonOf(error) }
    throw error
  } finally {
    clearTimeout(timer)
    pace.end()
    endPatience?.()
  }
}

function noReaderReason(isKnown: boolean): string {
  const reason = isKnown
    ? 'it does not take the credentials in .npmrc'
    : 'it lets only accounts read, and .npmrc has no credentials for this address'
  return `${reason}: run "npm login" with this registry first`
}

const silentReason = `it said nothing for ${silenceMs / 1000} seconds`
const slowReason = `it sent less than ${minPaceBytes / 1024} KiB in ${paceMs / 1000} seconds`

/** Finds the server that is never silent, and yet so slow that it would take for ever. */
function watchPace(
  every: FetchPorts['every'],
  onSlow: () => void,
): { readonly came: (sizeBytes: number) => void; readonly end: () => void } {
  let sinceBytes = minPaceBytes
  const end = every(paceMs, () => {
    if (sinceBytes < minPaceBytes) onSlow()
    sinceBytes = 0
  })
  return { came: (sizeBytes) => void (sinceBytes += sizeBytes), end }
}

function everyOnClock(periodMs: number, work: () => void): () => void {
  const timer = setInterval(work, periodMs)
  return () => clearInterval(timer)
}

async function readAnswer(
  answer: Answer,
  maxBytes: number,
  heard: (sizeBytes: number) => void,
): Promise<Fetched | Failed> {
  const { status } = answer
  if (status >= serverFault || status === tooManyRequests) {
    answer.cancel()
    return { reason: `it answers with status ${status}`, status }
  }
  const bytes = await readBody(answer, maxBytes, heard)
  return { status, bytes: answer.isGzip ? await unpack(bytes, maxBytes) : bytes }
}

/** At most `maxBytes + 1` bytes, so that the caller sees that there were more. What is large is in memory once. */
async function readBody(
  { body, cancel, sizeBytes = 0 }: Answer,
  maxBytes: number,
  heard: (sizeBytes: number) => void,
): Promise<Uint8Array> {
  const room = Math.min(sizeBytes, maxBytes + 1)
  let bytes: Uint8Array = new Uint8Array(0)
  let size = 0
  for await (const chunk of body) {
    heard(chunk.length)
    const end = Math.min(size + chunk.length, maxBytes + 1)
    if (size === 0 && chunk.length >= room) bytes = chunk
    else {
      if (bytes.length < end) {
        const capacity = size === 0 ? room : Math.min(2 * end, maxBytes + 1)
        const larger = Buffer.allocUnsafeSlow(capacity)
        larger.set(bytes.subarray(0, size))
        bytes = larger
      }
      bytes.set(chunk.subarray(0, end - size), size)
    }
    size = end
    if (size > maxBytes) {
      cancel()
      break
    }
  }
  return bytes.subarray(0, size)
}

const gunzipAsync = promisify(gunzip)

async function unpack(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: maxBytes + 1 })
  } catch (error) {
    const isTooLarge =
      error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLarge) return new Uint8Array(maxBytes + 1)
    throw error
  }
}

function failure(url: string, { reason, status, isLate }: Failed): SteleError {
  if (status === undefined)
    return new SteleError('server_unreachable', { url, reason, ...(isLate && { isLate }) })
  return new SteleError('server_refused', { url, status, message: reason })
}

/** What went wrong below, where the error itself says only that something did. */
function reasonOf(error: Error): string {
  const { cause, message } = error
  if (cause instanceof Error && cause.message !== '') return cause.message
  const code = 'code' in error ? String(error.code) : ''
  return message !== '' ? message : code
}
