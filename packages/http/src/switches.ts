// Connections that went over to another protocol: how many, for how long, and how they end.
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Reply, Switch } from './exchange.ts'
import { idleTimeoutMs, maxSwitched, maxSwitchedMs } from './limits.ts'

/** The limits of these connections. Times in milliseconds. */
export type SwitchLimits = {
  readonly count: number
  readonly idleMs: number
  readonly totalMs: number
}

/** The connections that speak another protocol. */
export type Switches = {
  readonly hasRoom: () => boolean
  /** Answers 101, where the protocol does not do so itself, and hands the connection over. */
  readonly run: (wanted: Switch, socket: Duplex, head: Uint8Array) => void
  /** Ends all: what was written is sent, and no more is taken. */
  readonly end: () => void
  /** Cuts those that are still there. */
  readonly cut: () => void
}

const usual: SwitchLimits = { count: maxSwitched, idleMs: idleTimeoutMs, totalMs: maxSwitchedMs }

/** None yet. */
export function createSwitches(limits: SwitchLimits = usual): Switches {
  /** With what ends each. */
  const sockets = new Map<Duplex, () => void>()
  let isEnded = false
  const keep = (socket: Duplex): void => {
    sockets.set(socket, () => socket.end(() => socket.destroy()))
    const timer = setTimeout(() => socket.destroy(), limits.totalMs)
    timer.unref()
    if ('setTimeout' in socket && typeof socket.setTimeout === 'function') {
      socket.setTimeout(limits.idleMs, () => socket.destroy())
    }
    socket.once('close', () => {
      clearTimeout(timer)
      sockets.delete(socket)
    })
  }
  return {
    hasRoom: () => sockets.size < limits.count,
    run: ({ protocol, headers, answersItself, run }, socket, head) => {
      keep(socket)
      const said = { connection: 'Upgrade', upgrade: protocol, ...headers }
      if (answersItself !== true) writeHead(socket, 101, said)
      const end = run(socket, head)
      if (typeof end === 'function' && sockets.has(socket)) sockets.set(socket, end)
      if (isEnded) sockets.get(socket)?.()
    },
    end: () => {
      isEnded = true
      for (const end of sockets.values()) end()
    },
    cut: () => {
      for (const socket of sockets.keys()) socket.destroy()
    },
  }
}

/** Answers a request that node has handed over already with a plain reply, and closes. */
export function refuseSwitch(socket: Duplex, { status, headers, body }: Reply): void {
  writeHead(socket, status, { ...headers, connection: 'close' })
  socket.end(body instanceof Uint8Array ? body : '', () => socket.destroy())
}

function writeHead(
  socket: Duplex,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  const lines = Object.entries(headers).map(([name, value]) => {
    if (/[\r\n]/.test(name + value)) throw new Error(`The header "${name}" has a line break`)
    return `${name}: ${value}\r\n`
  })
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`)
}
