// One request at a time on each connection: what a client pipelines waits, so that answers it does not read cost it one, not all.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { maxPipelined } from './limits.ts'

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
type Line = { isRunning: boolean; exchange?: Exchange | undefined; readonly waiting: Exchange[] }

/** Turns for exchanges that `start` begins. `onFlood` hears of a connection that is cut because too many wait. */
export function createTurns(ports: {
  readonly start: (exchange: Exchange) => void
  readonly onFlood: (socket: Socket) => void
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
      else begin(line, next)
    })
    ports.start(exchange)
  }
  return {
    take: (exchange) => {
      const { socket } = exchange.request
      if (socket.destroyed) return // The rest of a chunk whose beginning got the connection cut.
      const line = lines.get(socket) ?? { isRunning: false, waiting: [] }
      lines.set(socket, line)
      if (!line.isRunning) begin(line, exchange)
      else if (line.waiting.length < maxPipelined) line.waiting.push(exchange)
      else {
        line.waiting.length = 0
        socket.destroy()
        ports.onFlood(socket)
      }
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
