// One request at a time on each connection: what a client pipelines waits, so that answers it does not read cost it one, not all.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { maxPipelined, maxPipelinedBytes } from './limits.ts'
import { gatherUnread } from './unread-body.ts'

/** A request and the place of its answer. */
export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** The turns of all connections. */
export type Turns = {
  /** Starts the exchange now, or when the answer before it on this connection has been taken by the client. */
  readonly take: (exchange: Exchange) => void
  /** True for a connection that was used, and of which no request runs or waits. */
  readonly isIdle: (socket: Socket) => boolean
  /** What runs on the connection. */
  readonly running: (socket: Socket) => Exchange | undefined
  /** Takes the connection out, because it speaks another protocol from now on. False while a request runs or waits. */
  readonly leave: (socket: Socket) => boolean
}

/** Whether a request of the connection runs, which one, and what waits behind it. */
type Line = { isRunning: boolean; exchange?: Exchange | undefined; readonly waiting: Waiting[] }
/** An exchange, and how many bytes of its body are in memory. */
type Waiting = { readonly exchange: Exchange; readonly heldBytes: () => number }

/** Turns for exchanges that `start` begins. `onFlood` hears of a connection that is cut because too many wait. */
export function createTurns(ports: {
  readonly start: (exchange: Exchange) => void
  readonly onFlood: (socket: Socket, reason: string) => void
}): Turns {
  const lines = new WeakMap<Socket, Line>()
  const begin = (line: Line, exchange: Exchange): void => {
    line.isRunning = true
    line.exchange = exchange
    // "close" comes when the system took the last byte of the answer, so a client that does not read gets no next one.
    exchange.response.once('close', () => {
      line.isRunning = false
      line.exchange = undefined
      const next = exchange.request.socket.writable ? line.waiting.shift() : undefined
      if (next === undefined) line.waiting.length = 0
      else begin(line, next.exchange)
    })
    ports.start(exchange)
  }
  return {
    take: (exchange) => {
      const { socket } = exchange.request
      if (socket.destroyed) return // The rest of a chunk whose beginning got the connection cut.
      const line = lines.get(socket) ?? { isRunning: false, waiting: [] }
      lines.set(socket, line)
      const heldBytes = hasBody(exchange.request) ? gatherUnread(exchange.request) : () => 0
      if (!line.isRunning) return begin(line, exchange)
      const flood = floodOf(line.waiting)
      if (flood === undefined) {
        line.waiting.push({ exchange, heldBytes })
        return
      }
      line.waiting.length = 0
      socket.destroy()
      ports.onFlood(socket, flood)
    },
    isIdle: (socket) => lines.get(socket)?.isRunning === false,
    running: (socket) => lines.get(socket)?.exchange,
    leave: (socket) => {
      if (lines.get(socket)?.isRunning === true) return false
      lines.set(socket, { isRunning: true, waiting: [] })
      return true
    },
  }
}

/** Why no more may wait behind these, undefined where one may. */
function floodOf(waiting: readonly Waiting[]): string | undefined {
  if (waiting.length >= maxPipelined) return `more than ${maxPipelined} requests wait on it`
  const sizeBytes = waiting.reduce((sum, { heldBytes }) => sum + heldBytes(), 0)
  return sizeBytes > maxPipelinedBytes
    ? `the bodies of the requests that wait on it have ${sizeBytes} bytes`
    : undefined
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
