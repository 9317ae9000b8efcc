// What the edge tells of itself: one access event a request, bugs, broken connections. Never a token, never a password.
import { tokenPattern } from '@stele/errors'
import type { Ask } from './ask.ts'
import type { Incoming, Reply } from './exchange.ts'

/** An event for the server's log. Texts in it are safe to print. */
export type HttpEvent =
  | {
      readonly type: 'access'
      readonly method: string
      readonly path: string
      readonly status: number
      readonly durationMs: number
      readonly client: string
      readonly sizeBytes: number
      readonly account?: string
      /** What was published, `name@version`. */
      readonly published?: string
      /** The code of the error that was answered. */
      readonly code?: string
      readonly agent?: string
      /** npm's own words for what it is doing (npm-wire H3). */
      readonly command?: string
    }
  | {
      /** Something of ours broke; the client was told the id. */
      readonly type: 'bug'
      readonly id: string
      readonly method: string
      readonly path: string
      readonly stack: string
    }
  | {
      /** A connection ended badly: broken request, time out, client gone. */
      readonly type: 'connection'
      readonly client: string
      readonly reason: string
    }

/** The access event of an answered request. */
export function accessEvent(answered: {
  readonly incoming: Incoming
  readonly ask: Ask | undefined
  readonly reply: Reply
  readonly durationMs: number
  readonly code: string | undefined
}): HttpEvent {
  const { incoming, ask, reply, durationMs, code } = answered
  const agent = incoming.headers['user-agent']
  const command = incoming.headers['npm-command']
  return {
    type: 'access',
    method: safe(incoming.method, 20),
    path: safePath(incoming.url),
    status: reply.status,
    durationMs,
    client: safe(ask?.client ?? incoming.peer, 64),
    sizeBytes: reply.body === undefined ? 0 : Number(reply.headers['content-length'] ?? 0),
    ...(ask?.notes.account === undefined ? {} : { account: ask.notes.account }),
    ...(ask?.notes.published === undefined ? {} : { published: ask.notes.published }),
    ...(code === undefined ? {} : { code }),
    ...(agent === undefined ? {} : { agent: safe(agent, 200) }),
    ...(command === undefined ? {} : { command: safe(command, 40) }),
  }
}

/** Path and query with every credential left out (npm-wire A4). */
export function safePath(url: string): string {
  const plain = url.replaceAll(/%(?:5f|73|74|65|6c)/gi, decodeURIComponent)
  const hidden = plain
    .replaceAll(/(\/-\/(?:user\/token|npm\/v1\/tokens\/token)\/)[^/?#]+/gi, '$1***')
    .replaceAll(/\/\/[^/@]*@/g, '//***@')
  return safe(hidden, 500)
}

const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

function safe(text: string, length: number): string {
  return text
    .slice(0, 4 * length)
    .replaceAll(tokenPattern, '***')
    .replaceAll(controls, '\ufffd')
    .slice(0, length)
}
