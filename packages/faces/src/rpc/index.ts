// The face of calls: JSON-RPC 2.0 over a WebSocket at the service's own address, as NodeVMS and rpc-websockets speak it.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { filesRoot, logRoot } from '@stele/entries/paths'
import type { Ask, FaceDefinition } from '@stele/http/routes'
import { noSettings } from '@stele/settings'
import { WebSocketServer } from 'ws'
import { maxFrameBytes } from '../limits.ts'
import { callerOf } from './caller.ts'
import { serveConnection } from './connection.ts'
import type { RpcPorts } from './ports.ts'

export { type AnswerRoom, createAnswerRoom } from './answer-room.ts'
export type { RpcPorts } from './ports.ts'

/** Calls of a service's methods. */
export const rpcFace: FaceDefinition<RpcPorts> = {
  settings: noSettings,
  open: (ports) => {
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxFrameBytes,
      perMessageDeflate: false, // Else a few bytes are a large message.
    })
    const offers = createOffers(ports)
    return {
      routes: [],
      upgrades: [
        {
          protocol: 'websocket',
          path: '/',
          open: (ask) => {
            const caller = callerOf(ask, ports.isDebug)
            const baseUrl = ask.baseUrl()
            const handshake = {
              callLogUrl: baseUrl + logRoot,
              filesArchiveUrl: baseUrl + filesRoot,
              origin: ports.origin,
            }
            const run = (socket: Duplex, head: Uint8Array): (() => void) | undefined => {
              let end: (() => void) | undefined
              server.handleUpgrade(requestOf(ask, socket), socket, Buffer.from(head), (opened) => {
                end = serveConnection(opened, { ports, caller, handshake, offers })
              })
              return end
            }
            return { headers: {}, answersItself: true, run }
          },
        },
      ],
    }
  },
}

/** Whether there is such a method. Scripts change seldom: what is known is asked for again where it does not tell. */
function createOffers({ offers }: RpcPorts): (method: string) => Promise<boolean> {
  let known: ReadonlySet<string> = new Set()
  return async (method) => {
    if (known.has(method)) return true
    known = new Set((await offers()).methods)
    return known.has(method)
  }
}

/** The request as node reads it, which ws wants to see. */
function requestOf({ method, url, headers }: Ask, socket: Duplex): IncomingMessage {
  const request = new IncomingMessage(socket instanceof Socket ? socket : new Socket())
  return Object.assign(request, { method, url, headers })
}
