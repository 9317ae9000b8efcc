// What oracles fetch: one request over HTTP at a time, within the operator's list, limits of bytes and of time.
import { isUtf8 } from 'node:buffer'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { reasonOf } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import type { NamedHost } from '@stele/formats/networks'
import { limitConcurrency } from '../limit-concurrency.ts'
import { createLookup, requireAllowed } from './allowed-hosts.ts'
import {
  maxFetchedBytes,
  maxFetchedHeaderBytes,
  maxFetches,
  maxFetchMs,
  maxFetchRedirects,
} from './limits.ts'
import { badRequest, failed, OracleFailure, refused } from './oracle-failure.ts'

/** Gives `{url, status, headers, body}` of what `{url, method?, headers?, body?}` asks for; a body is text, or `{"$base64"}`. */
export type Fetching = (request: JsonValue, signal: AbortSignal) => Promise<JsonObject>

type Headers = { readonly [name: string]: string }
type OracleRequest = {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array | undefined
}

/** Fetches from these hosts alone. Throws OracleFailure. */
export function createFetching(allowed: readonly NamedHost[]): Fetching {
  const lookup = createLookup(allowed)
  const inTurn = limitConcurrency(maxFetches)
  const ask = (request: OracleRequest, signal: AbortSignal): Promise<Answer> => {
    requireAllowed(request.url, allowed)
    return send(request, { lookup, signal })
  }
  return async (asked, given) => {
    let request = readRequest(asked)
    requireAllowed(request.url, allowed) // Before anybody waits.
    return inTurn(async () => {
      const signal = AbortSignal.any([given, AbortSignal.timeout(maxFetchMs)])
      try {
        for (let hops = 0; hops <= maxFetchRedirects; hops++) {
          const answer = await ask(request, signal)
          const next = redirected(request, answer)
          if (next === undefined) return formatAnswer(request, answer)
          request = next
        }
      } catch (error) {
        throw failureOf(error, { url: request.url, signal })
      }
      throw failed(`Cannot fetch "${request.url.href}": over ${maxFetchRedirects} redirects`)
    })
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Those of a connection, and those that would make a request another one. */
const ownHeaders =
  /^(?:host|connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|accept-encoding)$/

const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
const headerText = /^[\t\x20-\x7e\x80-\xff]*$/

function readRequest(request: JsonValue): OracleRequest {
  const { url: typed, method = 'GET', headers = {}, body } = isJsonObject(request) ? request : {}
  const url = typeof typed === 'string' ? URL.parse(typed) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw badRequest(
      `Cannot fetch ${JSON.stringify(typed ?? null).slice(0, 200)}: it is not a web address`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw badRequest(`Cannot fetch from "${url.host}": an address holds no password; use a header`)
  }
  const name = typeof method === 'string' ? method.toUpperCase() : ''
  if (!methods.includes(name))
    throw badRequest(`Cannot fetch: the method is one of ${methods.join(', ')}`)
  url.hash = ''
  return { url, method: name, headers: readHeaders(headers), body: readBody(body) }
}

function readHeaders(given: JsonValue): Headers {
  const entries = isJsonObject(given) ? Object.entries(given) : []
  return Object.fromEntries(
    entries.map(([typed, value]) => {
      const name = typed.toLowerCase()
      if (ownHeaders.test(name))
        throw badRequest(`Cannot fetch: the header "${name}" is not yours to set`)
      const text = typeof value === 'number' ? `${value}` : value
      if (headerName.test(name) && typeof text === 'string' && headerText.test(text))
        return [name, text]
      throw badRequest(
        `Cannot fetch: the header "${name.slice(0, 100)}" is not in the expected form`,
      )
    }),
  )
}

function readBody(body: JsonValue | undefined): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string') return Buffer.from(body)
  if (isJsonObject(body) && typeof body['$base64'] === 'string') {
    return Buffer.from(body['$base64'], 'base64')
  }
  throw badRequest('Cannot fetch: the body is neither text nor bytes')
}

type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

function send(
  { url, method, headers, body }: OracleRequest,
  {
    lookup,
    signal,
  }: { readonly lookup: ReturnType<typeof createLookup>; readonly signal: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'https:' ? requestHttps : requestHttp
    const request: ClientRequest = make(url, {
      method,
      headers: {
        'user-agent': 'stele-oracle',
        accept: '*/*',
        ...headers,
        'accept-encoding': 'identity',
        ...(body === undefined ? {} : { 'content-length': body.length }),
      },
      agent: false,
      lookup,
      signal,
      maxHeaderSize: maxFetchedHeaderBytes,
    })
    request.on('error', reject)
    request.on('upgrade', (_answer, socket) => {
      socket.destroy() // Else the request would end without a word.
      reject(new Error('it answers in another protocol than HTTP'))
    })
    request.on('response', (response) => {
      readAll(response).then(
        (bytes) =>
          resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body: bytes }),
        (error: unknown) => {
          request.destroy()
          reject(error)
        },
      )
    })
    request.end(body)
  })
}

async function readAll(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxFetchedBytes) throw new Error(`its answer has over ${maxFetchedBytes} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function headersOf({ headers }: IncomingMessage): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}

/** The request that the answer sends us on to. What is another host's to know is not sent along. */
function redirected(
  request: OracleRequest,
  { status, headers }: Answer,
): OracleRequest | undefined {
  const { location } = headers
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  const url = URL.parse(location, request.url.href)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw refused(
      `Cannot fetch "${request.url.href}": it redirects to "${location.slice(0, 200)}", which is not a web address`,
    )
  }
  url.hash = ''
  const keepsMethod = status >= 307 || request.method === 'GET' || request.method === 'HEAD'
  const isOwn = url.origin === request.url.origin
  const kept = Object.entries(request.headers).filter(([name]) => isOwn || isShared(name))
  const asked = { url, headers: Object.fromEntries(kept) }
  return keepsMethod ? { ...request, ...asked } : { ...asked, method: 'GET', body: undefined }
}

/** Whether a header may be seen by another host than the one that it was meant for. */
function isShared(name: string): boolean {
  return ['accept', 'accept-language', 'content-type', 'user-agent'].includes(name)
}

function formatAnswer({ url }: OracleRequest, { status, headers, body }: Answer): JsonObject {
  const text = isUtf8(body)
    ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
    : { $base64: Buffer.from(body).toString('base64') }
  return { url: url.href, status, headers, body: text }
}

function failureOf(
  error: unknown,
  { url: { href }, signal }: { readonly url: URL; readonly signal: AbortSignal },
): Error {
  if (error instanceof OracleFailure) return error
  if (signal.aborted && Object(signal.reason).name === 'TimeoutError') {
    const reason = `no whole answer came within ${maxFetchMs / 1000} s`
    return failed(`Cannot fetch "${href}": ${reason}`, 'TimeoutError')
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
  return failed(`Cannot fetch "${href}": ${reasonOf(error) || code}`)
}
