// GETs of upstreams, over connections that are kept open. What hangs, or comes too slowly, is given up.
import http from 'node:http'
import https from 'node:https'
import type { Answer, Get } from '@stele/upstream'
import { leastBytesPerSecond, maxUnreadBytes, maxUpstreamSockets } from './limits.ts'

/** How requests are sent. */
export type GetOptions = {
  /** How long an answer may take to begin, and how long it may then be silent, ms. */
  readonly timeoutMs: number
  /** Headers of every request. */
  readonly headers?: () => { readonly [name: string]: string }
}

/** The network, for upstreams. `close` ends what is open. */
export function createGet({ timeoutMs, headers: always = () => ({}) }: GetOptions): {
  readonly get: Get
  readonly close: () => void
} {
  const options = { keepAlive: true, maxSockets: maxUpstreamSockets }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }
  const send: Get = ({ url, headers, body }) => {
    const isHttps = new URL(url).protocol === 'https:'
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    let timer: NodeJS.Timeout | undefined
    const length = body === undefined ? {} : { 'content-length': body.length }
    const asked = (isHttps ? https : http).request(url, {
      agent: isHttps ? agents['https:'] : agents['http:'],
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'user-agent': 'stele', ...always(), ...headers, ...length },
    })
    asked
      .on('socket', () => {
        // Only now: it may have waited for its turn among those of ours.
        const late = new Error(`no answer came within ${timeoutMs / 1000} seconds`)
        timer = setTimeout(() => asked.destroy(late), timeoutMs)
      })
      .on('response', (response) => {
        clearTimeout(timer)
        resolve(answerOf(response, timeoutMs))
      })
      .on('error', (error) => {
        clearTimeout(timer)
        // The other end may close a connection that waits for its next use just when that comes: no fault of anybody.
        const isStale = asked.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
        if (isStale) resolve(send({ url, headers, ...(body === undefined ? {} : { body }) }))
        else reject(error)
      })
      .end(body)
    return promise
  }
  return {
    get: send,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function answerOf(response: http.IncomingMessage, timeoutMs: number): Answer {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
  return {
    status: response.statusCode ?? 0,
    headers,
    body: bodyOf(response, timeoutMs),
    cancel: () => cancel(response, timeoutMs),
  }
}

/** The body; one that is cut off, or falls silent, ends with an error, whatever its framing says. */
async function* bodyOf(
  response: http.IncomingMessage,
  timeoutMs: number,
): AsyncIterable<Uint8Array> {
  const wanted = (leastBytesPerSecond * timeoutMs) / 1000
  let [received, isWaiting] = [0, true]
  const timer = setInterval(() => {
    if (isWaiting && received === 0) response.destroy(new Error('the connection fell silent'))
    else if (isWaiting && received < wanted) response.destroy(new Error(tooSlow))
    received = 0
  }, timeoutMs)
  try {
    for await (const chunk of response) {
      received += chunk.length
      isWaiting = false // Whoever reads it may take time.
      yield chunk
      isWaiting = true
    }
  } finally {
    clearInterval(timer)
  }
  if (!response.complete) throw new Error('the answer was cut off')
}

const tooSlow = `less than ${leastBytesPerSecond} bytes came in a second`

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
