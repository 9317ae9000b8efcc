// How many connections one address holds. Where it holds too many, an idle one of its own makes room, or the new one is cut.
import type { Socket } from 'node:net'
import { clientKey, isInNetworks, type Network } from '@stele/formats/networks'

/** The connections that are open. */
export type Connections = {
  /** Takes a new connection in, or cuts it. */
  readonly open: (socket: Socket) => void
  readonly count: () => number
}

/** Connections under `limit` for each address; proxies that are trusted speak for many, and have none. */
export function createConnections(ports: {
  readonly limit: number
  readonly trustedProxies: readonly Network[]
  readonly isIdle: (socket: Socket) => boolean
  /** Hears of an address whose connections are cut: once, until it has none. */
  readonly onFull: (socket: Socket) => void
}): Connections {
  const byAddress = new Map<string, Set<Socket>>()
  const told = new Set<string>()
  let count = 0
  const leave = (key: string, sockets: Set<Socket>, socket: Socket): void => {
    count--
    sockets.delete(socket)
    if (sockets.size > 0) return
    byAddress.delete(key)
    told.delete(key)
  }
  const hasRoom = (sockets: Set<Socket>, socket: Socket): boolean => {
    const { remoteAddress = '' } = socket
    if (sockets.size < ports.limit || isInNetworks(remoteAddress, ports.trustedProxies)) return true
    // The oldest first: an install that went on elsewhere has left it open.
    const idle = sockets.values().find(ports.isIdle)
    if (idle === undefined) return false
    sockets.delete(idle)
    idle.destroy()
    return true
  }
  return {
    open: (socket) => {
      const key = clientKey(socket.remoteAddress ?? '')
      const sockets = byAddress.get(key) ?? new Set<Socket>()
      if (!hasRoom(sockets, socket)) {
        if (!told.has(key)) ports.onFull(socket)
        told.add(key)
        socket.destroy()
        return
      }
      count++
      byAddress.set(key, sockets.add(socket))
      socket.once('close', () => leave(key, sockets, socket))
    },
    count: () => count,
  }
}
