// The network of a verification: GET of one path, with a limit of size and time, and some patience.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { SteleError } from '@stele/errors'
import { type Answer, requestHttp } from './http-request.ts'

/** Waits before the second and the third try, in milliseconds. */
const retryAfterMs = [300, 1500] as const
/** How long a server may say nothing, in milliseconds. It is not asked again: three times as long would tell no more. */
const silenceMs = 15_000
const maxRedirects = 5
const redirects: readonly number[] = [301, 302, 303, 307, 308]
const serverFault = 500
const tooManyRequests = 429
/** Tools that name no type get JSON; browsers, which ask for text/html, get pages. */
const anyType = 'application/json, */*'

/** What asks and what waits; tests give their own. */
export type FetchPorts = {
  readonly request: (url: URL, accept: string, signal: AbortSignal) => Promise<Answer>
  readonly wait: (delayMs: number) => Promise<unknown>
}

/** What a registry is asked through; `root` is its address without a slash at the end. */
export function createFetch(
  root: string,
  { request, wait }: FetchPorts = { request: requestHttp, wait: setTimeoutPromise },
): VerifyPorts['fetch'] {
  return async (path, maxBytes, accept = anyType) => {
    const url = root + path
    for (const delayMs of [...retryAfterMs, undefined]) {
      const answer = await tryOnce(request, { url, accept, maxBytes })
      if (!('reason' in answer)) return answer
      if (delayMs === undefined || answer.isFinal === true) throw failure(url, answer)
      await wait(delayMs)
    }
    throw new Error('The last try answers or throws')
  }
}

type Asked = { readonly url: string; readonly accept: string; readonly maxBytes: number }
type Failed = { readonly reason: string; readonly status?: number; readonly isFinal?: boolean }

async function tryOnce(
  request: FetchPorts['request'],
  { url, accept, maxBytes }: Asked,
): Promise<Fetched | Failed> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), silenceMs)
  try {
    let place = new URL(url)
    for (let hops = 0; ; hops++) {
      const answer = await request(place, accept, silence.signal)
      timer.refresh()
      const { status } = answer
      const target = redirects.includes(status) ? answer.location : undefined
      if (target === undefined) return await readAnswer(answer, maxBytes, () => timer.refresh())
      answer.cancel()
      const next = new URL(target, place)
      if (next.hostname !== place.hostname || hops >= maxRedirects) {
        const reason = `it redirects to ${next.origin}: verify that address, if it is the one you mean`
        return { reason, status, isFinal: true }
      }
      place = next
    }
  } catch (error) {
    if (silence.signal.aborted) {
      return { reason: `it said nothing for ${silenceMs / 1000} seconds`, isFinal: true }
    }
    if (error instanceof Error) return { reason: reasonOf(error) }
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function readAnswer(
  answer: Answer,
  maxBytes: number,
  heard: () => void,
): Promise<Fetched | Failed> {
  const { status } = answer
  if (status >= serverFault || status === tooManyRequests) {
    answer.cancel()
    return { reason: `it answers with status ${status}`, status }
  }
  const bytes = await readBody(answer, maxBytes, heard)
  return { status, bytes: answer.isGzip ? await unpack(bytes, maxBytes) : bytes }
}

/** At most `maxBytes + 1` bytes, so that the caller sees that there were more. */
async function readBody(
  { body, cancel }: Answer,
  maxBytes: number,
  heard: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    heard()
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes) {
      cancel()
      break
    }
  }
  const [first] = chunks
  if (chunks.length === 1 && first !== undefined && size <= maxBytes) return first
  return Buffer.concat(chunks).subarray(0, maxBytes + 1)
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

function failure(url: string, { reason, status }: Failed): SteleError {
  if (status === undefined) return new SteleError('server_unreachable', { url, reason })
  return new SteleError('server_refused', { url, status, message: reason })
}

/** What went wrong below, where the error itself says only that something did. */
function reasonOf(error: Error): string {
  const { cause, message } = error
  if (cause instanceof Error && cause.message !== '') return cause.message
  const code = 'code' in error ? String(error.code) : ''
  return message !== '' ? message : code
}
