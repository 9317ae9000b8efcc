// GETs of upstreams, over connections that are kept open. What hangs, or comes too slowly, is given up.
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { SteleError } from '@stele/errors'
import type { Answer, Get } from '@stele/upstream'
import {
  leastBytesPerSecond,
  maxTurnMs,
  maxUnreadBytes,
  maxUpstreamSockets,
  readingRetryS,
} from './limits.ts'
import { createPace } from './pace.ts'

/** How requests are sent. */
export type GetOptions = {
  /** How long an answer may take to begin, how long it may then be silent, and how long it may lie unread, ms. */
  readonly timeoutMs: number
  /** Headers of every request. */
  readonly headers?: () => { readonly [name: string]: string }
  /** How names are looked up; as the system does when absent. */
  readonly lookup?: LookupFunction
}

/** The network, for upstreams. `close` ends what is open, and refuses what comes afterwards. */
export function createGet({ timeoutMs, headers: always = () => ({}), lookup }: GetOptions): {
  readonly get: Get
  readonly close: () => void
} {
  const names = lookup === undefined ? {} : { lookup }
  const options = { keepAlive: true, maxSockets: maxUpstreamSockets, ...names }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }
  const waiting = new Set<GiveUp>()
  let isClosed = false
  const send: Get = ({ url, headers, body }) => {
    if (isClosed) return Promise.reject(busy(stopping))
    const isHttps = new URL(url).protocol === 'https:'
    const length = body === undefined ? {} : { 'content-length': body.length }
    const asked = (isHttps ? https : http).request(url, {
      agent: isHttps ? agents['https:'] : agents['http:'],
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'user-agent': 'stele', ...always(), ...headers, ...length },
    })
    const again = (): Promise<Answer> =>
      send({ url, headers, ...(body === undefined ? {} : { body }) })
    const answer = answerTo(asked, { timeoutMs, again, waiting })
    asked.end(body)
    return answer
  }
  return {
    get: send,
    close: () => {
      isClosed = true
      for (const giveUp of waiting) giveUp(stopping) // First: an agent connects anew for what is in its queue.
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

const stopping = 'this server is stopping'

/** Ends a request that has no answer yet, wherever it waits. */
type GiveUp = (reason: string) => void

type Asking = {
  readonly timeoutMs: number
  /** Asks once more. */
  readonly again: () => Promise<Answer>
  /** What has no answer yet. */
  readonly waiting: Set<GiveUp>
}

/** The answer to a request that is about to be sent. */
function answerTo(
  asked: http.ClientRequest,
  { timeoutMs, again, waiting }: Asking,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const giveUp: GiveUp = (reason) => {
    end()
    reject(busy(reason))
    asked.destroy() // One that is in the queue hears of it when its turn comes.
  }
  const end = (): boolean => {
    clearTimeout(timer)
    return waiting.delete(giveUp)
  }
  let timer = setTimeout(giveUp, maxTurnMs, 'too many questions to its upstream wait already')
  waiting.add(giveUp)
  asked
    .on('socket', () => {
      if (!waiting.has(giveUp)) return
      // Only now: it may have waited for its turn among those of ours.
      clearTimeout(timer)
      const late = `no answer came within ${timeoutMs / 1000} seconds`
      timer = setTimeout(() => asked.destroy(tooLate(late)), timeoutMs)
    })
    .on('response', (response) => {
      end()
      resolve(answerOf(response, timeoutMs))
    })
    .on('upgrade', (_answer, socket) => {
      socket.destroy() // Else the request would end without a word.
      if (end()) reject(new Error('it answers in another protocol than HTTP'))
    })
    .on('error', (error) => {
      // What breaks after the answer began is told to whoever reads it: nobody would read a second one.
      if (!end()) return
      // The other end may close a connection that waits for its next use just when that comes: no fault of anybody.
      const isStale = asked.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
      if (isStale) resolve(again())
      else reject(error)
    })
  return promise
}

/** By its name whoever asks knows that it waited. */
function tooLate(reason: string): Error {
  return new DOMException(reason, 'TimeoutError')
}

/** Nothing is wrong with the upstream, or with what was asked for. */
function busy(reason: string): SteleError {
  return new SteleError('server_busy', { reason, retryAfterS: readingRetryS })
}

function answerOf(response: http.IncomingMessage, timeoutMs: number): Answer {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
  // It keeps a connection from the others: whoever forgets it must not keep that for ever.
  const unread = setTimeout(() => response.destroy(), timeoutMs)
  const begin = (): void => clearTimeout(unread)
  return {
    status: response.statusCode ?? 0,
    headers,
    body: bodyOf(response, timeoutMs, begin),
    cancel: () => {
      begin()
      cancel(response, timeoutMs)
    },
    endWithin: (timeMs, error) => endWithin(response, timeMs, error),
  }
}

/** The body; one that is cut off, or falls silent, ends with an error, whatever its framing says. */
async function* bodyOf(
  response: http.IncomingMessage,
  timeoutMs: number,
  begin: () => void,
): AsyncIterable<Uint8Array> {
  begin()
  if (response.destroyed) throw new Error('the answer broke off, or was not read in time')
  const leastBytes = (leastBytesPerSecond * timeoutMs) / 1000
  const pace = createPace({ windowMs: timeoutMs, leastBytes }, performance.now())
  let timer = setTimeout(look, timeoutMs)
  function look(): void {
    const { fault, nextMs } = pace.look(performance.now())
    if (fault === undefined) timer = setTimeout(look, nextMs)
    else response.destroy(tooLate(faults[fault]))
  }
  try {
    for await (const chunk of response) {
      pace.came(chunk.length, performance.now())
      yield chunk
      pace.waits(performance.now())
    }
  } finally {
    clearTimeout(timer)
  }
  if (!response.complete) throw new Error('the answer was cut off')
}

const faults = {
  silent: 'the connection fell silent',
  slow: `less than ${leastBytesPerSecond} bytes came in a second`,
}

/** However fast it comes, and whatever is still to come. */
function endWithin(response: http.IncomingMessage, timeMs: number, error: Error): void {
  if (response.closed) return
  const timer = setTimeout(() => response.destroy(error), timeMs)
  response.once('close', () => clearTimeout(timer))
}

/** A short rest is read, so that the connection can be used again; else it is closed. */
function cancel(response: http.IncomingMessage, timeoutMs: number): void {
  const length = response.headers['content-length'] ?? (response.statusCode === 304 ? '0' : '')
  if (response.readableDidRead || !/^\d{1,9}$/.test(length) || Number(length) > maxUnreadBytes) {
    response.destroy()
    return
  }
  const timer = setTimeout(() => response.destroy(), timeoutMs)
  response.once('close', () => clearTimeout(timer)).resume()
}
