// One GET, as often as it takes: redirects followed, failures tried again, answers bounded. Credentials go to the host they are for.
import type {
  ClientRequest,
  Agent as HttpAgent,
  IncomingHttpHeaders,
  IncomingMessage,
} from 'node:http'
import type { Agent as HttpsAgent, RequestOptions } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { firstWaitMs, maxRedirects, maxWaitMs } from './limits.ts'
import { createLookup } from './lookup.ts'
import { allowedMs } from './pace.ts'
import { type Transport, tlsFor } from './transport.ts'

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
export type Connections = {
  /** By protocol, from the first request on. */
  readonly agents: { http?: HttpAgent; https?: HttpsAgent }
  readonly transport: Transport
}

/** Connections for the requests of one command. */
export function openConnections(transport: Transport): Connections {
  return { agents: {}, transport }
}

/** Lets go of the connections. */
export function closeConnections({ agents }: Connections): void {
  agents.http?.destroy()
  agents.https?.destroy()
}

/** Node's module for the address, loaded now: TLS takes as long to load as half of an installation that needs no network. */
function protocolOf(
  { agents, transport }: Connections,
  url: string,
): { readonly send: typeof import('node:https').request; readonly options: RequestOptions } {
  const { maxSockets, proxies: proxyEnv } = transport
  const shared = (): object => ({ keepAlive: true, maxSockets, proxyEnv, lookup: createLookup() })
  if (url.startsWith('http:')) {
    const http = process.getBuiltinModule('node:http')
    agents.http ??= new http.Agent(shared())
    return { send: http.request, options: { agent: agents.http } }
  }
  const https = process.getBuiltinModule('node:https')
  agents.https ??= new https.Agent(shared())
  return { send: https.request, options: { agent: agents.https, ...tlsOptions(transport, url) } }
}

/** In npm's form, by which JS Registries know whom to tell of tarballs. */
const userAgent = 'stele/? npm/?'

const triedAgain = new Set([408, 429, 500, 502, 503, 504])

/** The answer, whatever its status, once it is none that may change by itself. Throws registry_unreachable, registry_answer. */
export async function get(connections: Connections, ask: Ask): Promise<Answer> {
  const { maxTries } = connections.transport
  for (let tries = 1; ; tries++) {
    try {
      const answer = await followed(connections, ask)
      if (!triedAgain.has(answer.status) || tries >= maxTries) return answer
      await wait(waitOf(answer.headers, tries))
    } catch (cause) {
      if (cause instanceof SteleError) throw cause
      const isUntrusted = isOfCertificates(cause)
      if (tries >= maxTries || isUntrusted) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new SteleError(
          'registry_unreachable',
          { url: ask.url, reason, tries, isUntrusted },
          { cause },
        )
      }
      await wait(firstWaitMs * 2 ** (tries - 1))
    }
  }
}

/** A server that shows the wrong certificate goes on doing so. */
function isOfCertificates(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_CERT)/.test(code)
}

/** As long as the registry says, within reason. */
function waitOf(headers: IncomingHttpHeaders, tries: number): number {
  const usual = firstWaitMs * 2 ** (tries - 1)
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds * 1000, usual), maxWaitMs) : usual
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
  const { idleTimeoutMs: timeout } = connections.transport
  const own = authorization === undefined ? {} : { authorization }
  const headers = { 'user-agent': userAgent, ...ask.headers, ...own }
  const { send, options } = protocolOf(connections, url)
  const pace = { receivedBytes: 0 }
  const request = send(url, { ...options, headers, timeout }, (response) => {
    readBody(response, ask, pace).then((body) => {
      const { statusCode = 0, headers: given } = response
      resolve({ url, status: statusCode, headers: given, body, sent: authorization !== undefined })
    }, reject)
  })
  request.on('timeout', () => request.destroy(new Error(`nothing came for ${timeout / 1000} s`)))
  request.on('error', reject)
  request.on('socket', () => {
    watchPace(request, { pace, timeoutMs: timeout, reject })
  })
  request.end()
  return promise
}

type Watched = {
  readonly pace: { readonly receivedBytes: number }
  readonly timeoutMs: number
  readonly reject: (error: Error) => void
}

/** Ends the request when its answer comes too slowly. */
function watchPace(request: ClientRequest, { pace, timeoutMs, reject }: Watched): void {
  const startMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    const leftMs = startMs + allowedMs(pace.receivedBytes, timeoutMs) - performance.now()
    if (leftMs > 0) {
      timer = setTimeout(look, leftMs).unref()
      return
    }
    const seconds = Math.round((performance.now() - startMs) / 1000)
    reject(new Error(`only ${pace.receivedBytes} bytes came in ${seconds} s`))
    request.destroy()
  }
  look()
  request.on('close', () => clearTimeout(timer))
}

/** As node:https has them. */
function tlsOptions(transport: Transport, url: string): RequestOptions {
  const { ca, ...others } = tlsFor(transport, url)
  return ca === undefined ? others : { ...others, ca: [...ca] }
}

async function readBody(
  response: IncomingMessage,
  { url, maxBytes }: Ask,
  pace: { receivedBytes: number },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    pace.receivedBytes = size
    if (size > maxBytes) {
      response.destroy()
      throw new SteleError('registry_answer', { url, reason: `it has more than ${maxBytes} bytes` })
    }
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}
