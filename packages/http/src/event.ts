// What the edge tells of itself: one access event a request, bugs, broken connections. Never a token, never a password.
import { tokenPattern } from '@stele/errors'
import type { Ask } from './ask.ts'
import type { Incoming, Reply } from './exchange.ts'
import type { AllHabits } from './habits.ts'

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
      /** The code of the error that was answered. */
      readonly code?: string
      readonly agent?: string
      /** What the route and the faces noted, by name. */
      readonly notes: { readonly [name: string]: string }
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
  readonly habits: AllHabits
}): HttpEvent {
  const { incoming, ask, reply, durationMs, code, habits } = answered
  const agent = incoming.headers['user-agent']
  return {
    type: 'access',
    method: safe(incoming.method, 20),
    path: habits.showPath(incoming.url),
    status: reply.status,
    durationMs,
    client: safe(ask?.client ?? incoming.peer, 64),
    sizeBytes: reply.body === undefined ? 0 : Number(reply.headers['content-length'] ?? 0),
    ...(code === undefined ? {} : { code }),
    ...(agent === undefined ? {} : { agent: safe(agent, 200) }),
    notes: { ...ask?.notes, ...notesOf(incoming, habits) },
  }
}

function notesOf({ headers }: Incoming, { noteHeaders }: AllHabits): Record<string, string> {
  const found = noteHeaders.flatMap(([header, note]) => {
    const said = headers[header]
    return said === undefined ? [] : [[note, safe(said, 40)] as const]
  })
  return Object.fromEntries(found)
}

/** Path and query with every credential left out: our own tokens, log-ins in the address, and what faces hide. */
export function showPath(url: string, hidings: readonly ((path: string) => string)[]): string {
  const plain = url.replaceAll(/%(?:5f|73|74|65|6c)/gi, decodeURIComponent)
  const hidden = hidings.reduce((path, hide) => hide(path), plain)
  return safe(hidden.replaceAll(/\/\/[^/@]*@/g, '//***@'), 500)
}

const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

function safe(text: string, length: number): string {
  return text
    .slice(0, 4 * length)
    .replaceAll(tokenPattern, '***')
    .replaceAll(controls, '\ufffd')
    .slice(0, length)
}
