// What came in over node:http, as the app takes it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyBudget } from './body-budget.ts'
import type { BodyTurns } from './body-turns.ts'
import type { Incoming } from './exchange.ts'
import { largeBodyBytes } from './limits.ts'
import { readBody } from './read-body.ts'
import { streamBody } from './stream-body.ts'

/** What bounds the bodies of all requests. */
export type BodyPlaces = { readonly budget: BodyBudget; readonly turns: BodyTurns }

/** The request. `hold` is told how to give back what its body takes, which it does until there is an answer. */
export function incomingOf(
  request: IncomingMessage,
  response: ServerResponse,
  { places, hold }: { readonly places: BodyPlaces; readonly hold: (release: () => void) => void },
): Incoming {
  return {
    ...headOf(request),
    body: async (limitBytes, sender = { client: request.socket.remoteAddress ?? '' }) => {
      askForBody(request, response, limitBytes)
      const { bytes, release } = await readBody(request, limitBytes, { ...places, sender })
      // Also when the client is gone: whoever answers may not know, and still has it.
      hold(() => {
        if (bytes.length > largeBodyBytes) freeMemory(bytes)
        release()
      })
      return bytes
    },
    stream: (limitBytes) => {
      askForBody(request, response, limitBytes)
      return streamBody(request, limitBytes)
    },
  }
}

/** At once, and not when somebody looks for garbage: a few hundred MB would gather. */
function freeMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
}

/** True for a client that waits with its body until it is told to send it. */
export function isContinue(expect: string | undefined): boolean {
  return expect?.trim().toLowerCase() === '100-continue'
}

/** A length that is over the limit, or a stranger, is refused before anything is sent. */
function askForBody(
  { headers }: IncomingMessage,
  response: ServerResponse,
  limitBytes: number,
): void {
  const isTooLong = Number(headers['content-length'] ?? 0) > limitBytes
  if (isContinue(headers['expect']) && !isTooLong && !response.headersSent) response.writeContinue()
}

/** The request without its body. */
export function headOf(request: IncomingMessage): Omit<Incoming, 'body' | 'stream'> {
  const headers = joined(request.headers)
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: hasSeveralHosts(request) ? { ...headers, host: hostsOf(request) } : headers,
    peer: request.socket.remoteAddress ?? '',
    isTls: 'encrypted' in request.socket,
    httpVersion: request.httpVersion,
  }
}

/** Node gives lists for a few names alone, such as set-cookie. */
function joined(headers: IncomingMessage['headers']): Incoming['headers'] {
  const texts: Record<string, string | undefined> = {}
  for (const name in headers) {
    const value = headers[name]
    texts[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return texts
}

function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count > 1
}

/** Node takes the first of several, a proxy may take another: joined, they are no host for anybody. */
function hostsOf({ headersDistinct }: IncomingMessage): string {
  return headersDistinct['host']?.join(', ') ?? ''
}
