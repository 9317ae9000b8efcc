// One GET, as often as it takes: redirects followed, failures tried again, answers bounded. Credentials go to the host they are for.
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { firstWaitMs, idleTimeoutMs, maxRedirects, maxSockets, maxTries } from './limits.ts'

/** What is asked for. */
export type Ask = {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** What goes into `authorization` for an address: asked anew after each redirect. */
  readonly authorizationFor: (url: string) => string | undefined
  readonly maxBytes: number
}

/** An answer with its whole body. */
export type Answer = {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Whether credentials went with the request. */
  readonly sent: boolean
}

/** Connections that stay open. */
export type Connections = { readonly http: HttpAgent; readonly https: HttpsAgent }

/** Connections for the requests of one command; proxies are those of the environment. */
export function openConnections(env: NodeJS.ProcessEnv): Connections {
  const options = { keepAlive: true, maxSockets, proxyEnv: env }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

/** Lets go of the connections. */
export function closeConnections({ http, https }: Connections): void {
  http.destroy()
  https.destroy()
}

const triedAgain = new Set([408, 429, 500, 502, 503, 504])

/** The answer, whatever its status, once it is none that may change by itself. Throws registry_unreachable, registry_answer. */
export async function get(connections: Connections, ask: Ask): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await followed(connections, ask)
      if (!triedAgain.has(answer.status) || tries >= maxTries) return answer
      await wait(waitOf(answer.headers, tries))
    } catch (cause) {
      if (cause instanceof SteleError) throw cause
      if (tries >= maxTries) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new SteleError('registry_unreachable', { url: ask.url, reason, tries }, { cause })
      }
      await wait(firstWaitMs * 2 ** (tries - 1))
    }
  }
}

/** As long as the registry says, within reason. */
function waitOf(headers: IncomingHttpHeaders, tries: number): number {
  const usual = firstWaitMs * 2 ** (tries - 1)
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds * 1000, usual), idleTimeoutMs) : usual
}

async function followed(connections: Connections, ask: Ask): Promise<Answer> {
  let url = ask.url
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const answer = await once(connections, { ...ask, url })
    const { location } = answer.headers
    if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer
    url = new URL(location, url).href
  }
  throw new SteleError('registry_answer', {
    url: ask.url,
    reason: `it redirects more than ${maxRedirects} times`,
  })
}

function once(connections: Connections, ask: Ask): Promise<Answer> {
  const { url, authorizationFor } = ask
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const authorization = authorizationFor(url)
  const isPlain = url.startsWith('http:')
  const send = isPlain ? httpRequest : httpsRequest
  const headers = { ...ask.headers, ...(authorization === undefined ? {} : { authorization }) }
  const agent = isPlain ? connections.http : connections.https
  const request = send(url, { agent, headers, timeout: idleTimeoutMs }, (response) => {
    readBody(response, ask).then((body) => {
      const { statusCode = 0, headers: given } = response
      resolve({ url, status: statusCode, headers: given, body, sent: authorization !== undefined })
    }, reject)
  })
  request.on('timeout', () =>
    request.destroy(new Error(`nothing came for ${idleTimeoutMs / 1000} s`)),
  )
  request.on('error', reject)
  request.end()
  return promise
}

async function readBody(response: IncomingMessage, { url, maxBytes }: Ask): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    if (size > maxBytes) {
      response.destroy()
      throw new SteleError('registry_answer', { url, reason: `it has more than ${maxBytes} bytes` })
    }
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}
