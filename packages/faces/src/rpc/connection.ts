// One connection: what comes in is answered in the order in which it is done, and who sends faster than that waits.
import type { CallSender } from '@stele/entries/senders'
import { isSteleError, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { RawData, WebSocket } from 'ws'
import { maxCallsBytes, maxCallsWaiting, maxUnreadBytes, maxUserLength, pingMs } from '../limits.ts'
import type { Caller } from './caller.ts'
import {
  formatAnswer,
  noSuchMethod,
  notAKey,
  parseMessage,
  type Refused,
  type RpcError,
  type RpcRequest,
  refusalOf,
  scriptError,
} from './messages.ts'
import type { RpcPorts } from './ports.ts'

/** What a client is told when it connects. */
type Handshake = {
  readonly callLogUrl: string
  readonly filesArchiveUrl: string
  readonly origin: string
}

/** What a connection is opened with. */
export type Connecting = {
  readonly ports: RpcPorts
  readonly caller: Caller
  readonly handshake: Handshake
  readonly offers: (method: string) => Promise<boolean>
}

type Answer = { readonly result: JsonValue } | { readonly error: RpcError }

/** Answers what comes until the connection ends. */
export function serveConnection(socket: WebSocket, connecting: Connecting): void {
  const flow = createFlow(socket)
  const ping = setInterval(() => socket.ping(), pingMs) // Else whoever only waits is taken for gone.
  socket.once('close', () => clearInterval(ping))
  socket.on('error', () => undefined) // What ws closes the connection for itself, as a frame that is too large.
  socket.on('message', (data, isBinary) => {
    const text = textOf(data, isBinary)
    if (text === undefined) {
      socket.close(1003, 'Only text is understood')
      return
    }
    flow
      .count(text.length, () => answerMessage(text, connecting))
      .catch((error: unknown) => {
        connecting.ports.reportBug(error)
        socket.close(1011)
      })
  })
}

/** How much is under way for one connection: beyond that it is not read. */
function createFlow(socket: WebSocket): {
  readonly count: (size: number, work: () => Promise<string | undefined>) => Promise<void>
} {
  let calls = 0
  let bytes = 0
  const look = (): void => {
    const isFull = calls >= maxCallsWaiting || bytes >= maxCallsBytes
    if (isFull || socket.bufferedAmount > maxUnreadBytes) socket.pause()
    else if (socket.isPaused) socket.resume()
  }
  return {
    count: async (size, work) => {
      calls++
      bytes += size
      look()
      try {
        const answer = await work()
        if (answer !== undefined && socket.readyState === socket.OPEN) socket.send(answer, look)
      } finally {
        calls--
        bytes -= size
        look()
      }
    },
  }
}

function textOf(data: RawData, isBinary: boolean): string | undefined {
  if (isBinary) return undefined
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data as Uint8Array).toString('utf8')
}

/** The answer to a message, undefined where none is wanted. */
async function answerMessage(text: string, connecting: Connecting): Promise<string | undefined> {
  const message = parseMessage(text)
  if ('refused' in message) return answerOf(message.refused)
  const { requests, isBatch } = message
  const answers = await Promise.all(requests.map((one) => answerRequest(one, connecting)))
  const said = answers.filter((answer) => answer !== undefined)
  if (said.length === 0) return undefined
  return isBatch ? `[${said.join(',')}]` : said[0]
}

async function answerRequest(
  request: RpcRequest | Refused,
  connecting: Connecting,
): Promise<string | undefined> {
  if ('error' in request) return answerOf(request)
  const answer = await call(request, connecting)
  return request.id === undefined ? undefined : formatAnswer(request.id, answer)
}

function answerOf({ id, error }: Refused): string {
  return formatAnswer(id, { error })
}

async function call(request: RpcRequest, connecting: Connecting): Promise<Answer> {
  const { ports, handshake, offers } = connecting
  const { method, params } = request
  try {
    if (method === 'handshake') {
      return { result: { methods: [...(await ports.offers()).methods], ...handshake } }
    }
    if (method === seqMethod) return answerSeq(params, ports)
    if (!(await offers(method))) return { error: noSuchMethod(method) }
    const sender = await senderOf(request, connecting)
    const { outcome } = await ports.submit({ ...sender, method, args: params })
    return outcome.ok ? { result: outcome.result ?? null } : { error: scriptError(outcome.error) }
  } catch (error) {
    if (isSteleError(error)) return { error: refusalOf(error) }
    ports.reportBug(error)
    return {
      error: refusalOf(new SteleError('outcome_unknown', { method, reason: 'a bug was met' })),
    }
  }
}

/** What a caller asks before it signs: no method of a script's. */
const seqMethod = 'stele.seq'

/** The key's last number, and the service's time, which the caller's clock should not differ from by much. */
function answerSeq([account]: readonly JsonValue[], { lastSeq, nowMs }: RpcPorts): Answer {
  const isText = typeof account === 'string' && account.length <= maxUserLength
  const seq = isText ? lastSeq(account) : undefined
  return seq === undefined ? { error: notAKey() } : { result: { seq, timeMs: nowMs() } }
}

/** Throws `call_unauthorized` for what was signed for another service, `call_unsigned`. */
async function senderOf(
  { method, signed: told }: RpcRequest,
  { ports, caller }: Connecting,
): Promise<CallSender> {
  if (told !== undefined) {
    const { account, origin, ...signed } = told
    if (origin === ports.origin) return { account, via: 'key', signed }
    const reason = `it was signed for "${origin}", this service is "${ports.origin}"`
    throw new SteleError('call_unauthorized', { account, reason })
  }
  // A script may be changed while the connection lasts, and the word with it.
  if (ports.isDebug || (await ports.offers()).anonymous) return caller
  throw new SteleError('call_unsigned', { method })
}
