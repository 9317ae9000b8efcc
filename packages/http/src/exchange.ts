// What a face takes and gives: plain data. One adapter (listen.ts) turns node:http into it; tests make it themselves.
import type { Duplex } from 'node:stream'
import type { Sender } from './body-budget.ts'

/** A request. An attacker controls all of it but `peer` and `isTls`. */
export type Incoming = {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** By lower-case name; repeated ones joined with ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The IP address at the other end of the connection. */
  readonly peer: string
  readonly isTls: boolean
  /** `1.0` or `1.1`. */
  readonly httpVersion: string
  /**
   * The body, its content coding undone. Read when a route asks for it, and not before: so a stranger's body is never
   * held. `sender`: whose it is, where that is more than the other end of the connection.
   * Throws body_too_large, body_too_slow, chunks_too_small, coding_unsupported, request_invalid, request_cut, server_busy.
   */
  readonly body: (limitBytes: number, sender?: Sender) => Promise<Uint8Array>
  /**
   * The body as it arrives, its content coding undone, at the pace of whoever reads it. Read once: this, or `body`. Throws what
   * `body` throws but server_busy, also half-way.
   */
  readonly stream: (limitBytes: number) => ByteStream
}

/** Bytes as they come. Who stops reading before the end ends the source. */
export type ByteStream = AsyncIterable<Uint8Array>

/** Bytes `[start, end)` of a file. */
export type FilePart = { readonly file: string; readonly start: number; readonly end: number }

/** An answer as it goes out. */
export type Reply = {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** A stream is sent at the client's pace. One that fails half-way cuts the connection: the client must not take it for whole. */
  readonly body?: Uint8Array | FilePart | ByteStream
  /** Stands in the status line in place of the usual words: printable ASCII. */
  readonly reason?: string
  /** The same headers as name, value, name, value, where they are ready. */
  readonly rawHeaders?: readonly string[]
  /** See `Draft`. */
  readonly isLasting?: true
  readonly lastsMs?: number
}

/** Turns a request into an answer; never throws. */
export type App = ((incoming: Incoming) => Promise<Reply>) & {
  /** What speaks other protocols on the same port. */
  readonly upgrades?: Upgrades
}

/** Requests that ask for another protocol. */
export type Upgrades = {
  /** Whether some face speaks the wanted protocol at this address; if not, the request is answered as any other. */
  readonly has: (incoming: Pick<Incoming, 'url' | 'headers'>) => boolean
  /** The switch to it, or an answer that refuses; never throws. */
  readonly open: (incoming: Incoming) => Promise<Switch | Reply>
}

/** A switch to another protocol: what the 101 says beside that, and who has the connection from then on. */
export type Switch = {
  readonly protocol: string
  readonly headers: Readonly<Record<string, string>>
  /** `run` answers 101 itself, as libraries for a protocol do. */
  readonly answersItself?: true
  /**
   * `head` is what the client sent already. The edge bounds the connection in time and ends it on stop: by what this gives, where
   * there is more to do than to close it.
   */
  readonly run: (socket: Duplex, head: Uint8Array) => (() => void) | undefined
}
