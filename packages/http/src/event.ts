// What the edge tells of itself: one access event a request, bugs, broken connections. Never a token, never a password.
import type { Ask } from './ask.ts'
import type { Incoming, Reply } from './exchange.ts'
import type { AllHabits } from './habits.ts'
import { safeText } from './safe-text.ts'

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
    method: safeText(incoming.method, 20),
    path: habits.showPath(incoming.url),
    status: reply.status,
    durationMs,
    client: safeText(ask?.client ?? incoming.peer, 64),
    sizeBytes: reply.body === undefined ? 0 : Number(reply.headers['content-length'] ?? 0),
    ...(code === undefined ? {} : { code }),
    ...(agent === undefined ? {} : { agent: safeText(agent, 200) }),
    notes: { ...ask?.notes, ...notesOf(incoming, habits) },
  }
}

function notesOf({ headers }: Incoming, { noteHeaders }: AllHabits): Record<string, string> {
  const found = noteHeaders.flatMap(([header, note]) => {
    const said = headers[header]
    return said === undefined ? [] : [[note, safeText(said, 40)] as const]
  })
  return Object.fromEntries(found)
}
