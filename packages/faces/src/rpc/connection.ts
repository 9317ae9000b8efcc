// One connection: what comes in is answered in the order in which it is done, and who sends faster than that waits.
import type { CallSender } from '@stele/entries/senders'
import { isSteleError, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { RawData, WebSocket } from 'ws'
import { maxBatchAnswerChars, maxUserLength, pingMs } from '../limits.ts'
import type { Caller } from './caller.ts'
import { createFlow } from './flow.ts'
import {
  formatAnswer,
  noSuchMethod,
  notAKey,
  parseMessage,
  type Refused,
  type RpcError,
  type RpcMessage,
  type RpcRequest,
  refusalOf,
  scriptError,
  tooLargeForBatch,
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

/** Answers what comes until the connection ends. Gives what ends it as soon as all that was read is answered. */
export function serveConnection(socket: WebSocket, connecting: Connecting): () => void {
  const { ports } = connecting
  const flow = createFlow(socket, ports.room)
  const ping = setInterval(() => socket.ping(), pingMs) // Else whoever only waits is taken for gone.
  socket.once('close', () => clearInterval(ping))
  socket.on('error', () => undefined) // What ws closes the connection for itself, as a frame that is too large.
  socket.on('message', (data, isBinary) => {
    if (flow.isEnding() || socket.readyState !== socket.OPEN) return // Nobody would hear of what it does.
    const text = textOf(data, isBinary)
    if (text === undefined) {
      socket.close(1003, 'Only text is understood')
      return
    }
    const message = parseMessage(text)
    const requests = 'refused' in message ? 1 : message.requests.length
    flow
      .count({ size: text.length, requests }, () => answerMessage(message, connecting))
      .catch((error: unknown) => {
        ports.reportBug(error)
        socket.close(1011)
      })
  })
  return flow.end
}

function textOf(data: RawData, isBinary: boolean): string | undefined {
  if (isBinary) return undefined
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data as Uint8Array).toString('utf8')
}

/** The answer to a message, undefined where none is wanted. */
async function answerMessage(
  message: RpcMessage,
  connecting: Connecting,
): Promise<string | undefined> {
  if ('refused' in message) return answerOf(message.refused)
  const { requests, isBatch } = message
  let left = maxBatchAnswerChars
  const answers = await Promise.all(
    requests.map(async (one) => {
      const answer = await answerRequest(one, connecting)
      if (answer === undefined || !isBatch) return answer
      left -= answer.length
      return left >= 0 ? answer : formatAnswer(one.id ?? null, { error: tooLargeForBatch() })
    }),
  )
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
