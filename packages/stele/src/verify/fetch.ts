// The network of a verification: GET of one path, with a limit of size and time, and some patience.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises'
import type { Fetched, VerifyPorts } from '@stele/audit'
import { SteleError } from '@stele/errors'

/** Waits before the second and the third try, in milliseconds. */
const retryAfterMs = [300, 1500] as const
/** How long a server may say nothing, in milliseconds. */
const silenceMs = 30_000
const serverFault = 500
/** Tools that name no type get JSON; browsers, which ask for text/html, get pages. */
const anyType = 'application/json, */*'
const tooManyRequests = 429

/** What asks and what waits; tests give their own. */
export type FetchPorts = {
  readonly request: typeof fetch
  readonly wait: (delayMs: number) => Promise<unknown>
}

/** What a registry is asked through; `root` is its address without a slash at the end. */
export function createFetch(
  root: string,
  { request, wait }: FetchPorts = { request: fetch, wait: setTimeoutPromise },
): VerifyPorts['fetch'] {
  return async (path, maxBytes, accept = anyType) => {
    const url = root + path
    for (const delayMs of [...retryAfterMs, undefined]) {
      const answer = await tryOnce(request, { url, accept, maxBytes })
      if (!('reason' in answer)) return answer
      if (delayMs === undefined) throw failure(url, answer)
      await wait(delayMs)
    }
    throw new Error('The last try answers or throws')
  }
}

type Asked = { readonly url: string; readonly accept: string; readonly maxBytes: number }
type Failed = { readonly reason: string; readonly status?: number }

async function tryOnce(
  request: FetchPorts['request'],
  { url, accept, maxBytes }: Asked,
): Promise<Fetched | Failed> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), silenceMs)
  try {
    const headers = { accept }
    const response = await request(url, { headers, signal: silence.signal })
    const { status } = response
    if (status >= serverFault || status === tooManyRequests) {
      await response.body?.cancel()
      return { reason: `it answers with status ${status}`, status }
    }
    return { status, bytes: await readBody(response, maxBytes, () => timer.refresh()) }
  } catch (error) {
    if (silence.signal.aborted) return { reason: `it said nothing for ${silenceMs / 1000} s` }
    if (error instanceof Error) return { reason: reasonOf(error) }
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** At most `maxBytes + 1` bytes, so that the caller sees that there were more. */
async function readBody(
  response: Response,
  maxBytes: number,
  heard: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    heard()
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes + 1)
}

function failure(url: string, { reason, status }: Failed): SteleError {
  if (status === undefined) return new SteleError('server_unreachable', { url, reason })
  return new SteleError('server_refused', { url, status, message: reason })
}

/** What went wrong below: fetch itself says only that it failed. */
function reasonOf({ cause, message }: Error): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}
