// A client of a service's methods, over the WebSocket that Node has.
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { reasonOf, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { RpcFailure, ScriptError } from './call-errors.ts'
import type { Identity } from './identity.ts'
import { connectTimeoutMs, maxRefusalChars } from './limits.ts'
import { type SendRequest, signCalls } from './signing-calls.ts'

/** Calls to a service. */
export type RpcConnection = {
  /** What the service said of itself. */
  readonly info: BackendInfo
  /** Calls a method. Throws ScriptError, RpcFailure, and `server_unreachable` when the connection is gone. */
  readonly call: (method: string, params: readonly JsonValue[]) => Promise<JsonValue>
  /** Resolves when the connection has ended, however that was. */
  readonly closed: Promise<void>
  readonly close: () => void
}

/** What a service says of itself. */
type BackendInfo = {
  readonly methods: readonly string[]
  readonly callLogUrl: string
  readonly filesArchiveUrl: string
  /** Of its log, which signed calls name; absent for a service that takes none. */
  readonly origin?: string
}

/** JSON-RPC's number for what a script threw. */
const callFailed = -32_000
/** RFC 6455, section 4.1. */
const webSocketKeyBytes = 16
const usualPorts: { readonly [protocol: string]: number } = { 'ws:': 80, 'wss:': 443 }

/**
 * Connects to this address (see `wsAddress`); with an identity every call is signed by it. Throws `server_unreachable`,
 * `identity_refused`.
 */
export async function connectRpc(address: URL, identity?: Identity): Promise<RpcConnection> {
  const socket = new WebSocket(address)
  const closed = Promise.withResolvers<void>()
  const waiting = new Map<number, PromiseWithResolvers<JsonValue>>()
  let number = 0
  const end = (): void => {
    for (const { reject } of waiting.values()) reject(gone(address, 'the connection was closed'))
    waiting.clear()
    closed.resolve()
  }
  socket.addEventListener('close', end)
  socket.addEventListener('message', ({ data }) => settle(waiting, String(data)))
  await opened(socket, address)
  const send: SendRequest = (members) => {
    if (socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(gone(address, 'the connection was closed'))
    }
    const id = ++number
    const request = JSON.stringify({ jsonrpc: '2.0', ...members, id }) // Throws for what is no JSON: nothing waits then.
    const answer = Promise.withResolvers<JsonValue>()
    waiting.set(id, answer)
    socket.send(request)
    return answer.promise
  }
  const close = (): void => socket.close()
  try {
    const answer = send({ method: 'handshake', params: [] })
    const info = readInfo(await Promise.race([answer, silence(address)]), address)
    const call =
      identity === undefined
        ? (method: string, params: readonly JsonValue[]) => send({ method, params })
        : await signCalls(send, { identity, origin: originOf(info, identity) })
    return { info, call, closed: closed.promise, close }
  } catch (error) {
    close()
    throw error
  }
}

function opened(socket: WebSocket, address: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.close()
      reject(gone(address, 'it does not answer'))
    }, connectTimeoutMs)
    socket.addEventListener('open', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.addEventListener('error', () => {
      clearTimeout(timer)
      void whyNot(address).then(reject)
    })
  })
}

/** Rejects when nothing has come for long. */
function silence(address: URL): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(gone(address, 'it does not answer')), connectTimeoutMs).unref()
  })
}

/** A WebSocket does not say why it was refused: the same question, asked plainly, may. */
async function whyNot(address: URL): Promise<SteleError> {
  const { status, body } = await askPlainly(address).catch((error: unknown) => ({
    status: 0,
    body: gone(address, faultOf(error, address)),
  }))
  if (body instanceof SteleError) return body
  const { code, error } = isJsonObject(body) ? body : {}
  const user = address.searchParams.get('user')
  if (code === 'debug_only' && user !== null) return new SteleError('debug_only', { user })
  if (code === 'nothing_served') return gone(address, 'the service is starting')
  if (code === 'route_not_found') return gone(address, `no service is at "${address.pathname}"`)
  const said = typeof error === 'string' ? error : undefined
  return gone(address, said ?? `it answered ${status}, and takes no calls there`)
}

/** What a server answers whoever wants to call. */
function askPlainly(address: URL): Promise<{ readonly status: number; readonly body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>()
  const plain = new URL(address)
  plain.protocol = address.protocol === 'wss:' ? 'https:' : 'http:'
  const request = plain.protocol === 'https:' ? https.request : http.request
  const key = randomBytes(webSocketKeyBytes).toString('base64')
  const asked = request(plain, {
    agent: false,
    signal: AbortSignal.timeout(connectTimeoutMs),
    headers: {
      accept: 'application/json',
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
    },
  })
  asked.on('error', reject)
  asked.on('upgrade', ({ statusCode = 0 }, socket) => {
    socket.destroy()
    resolve({ status: statusCode, body: undefined })
  })
  asked.on('response', (answer) => {
    const { statusCode = 0 } = answer
    void readAnswer(answer).then((text) => resolve({ status: statusCode, body: parsed(text) }))
  })
  asked.end()
  return promise
}

/** The answer, or its first 64 KiB: no service refuses at greater length. */
async function readAnswer(answer: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  try {
    for await (const chunk of answer) {
      text += String(chunk)
      if (text.length > maxRefusalChars) break
    }
  } catch {
    return text // It was cut: what it said counts.
  }
  return text
}

function faultOf(error: unknown, { protocol, port, hostname }: URL): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ECONNREFUSED') {
    return port === ''
      ? `nobody listens there on port ${usualPorts[protocol]}`
      : 'nobody listens there'
  }
  if (code === 'ENOTFOUND') return `there is no host named "${hostname}"`
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return 'it does not speak TLS: for an address without it, begin with "http://"'
  }
  return reasonOf(error)
}

function settle(waiting: Map<number, PromiseWithResolvers<JsonValue>>, text: string): void {
  const message = parsed(text)
  if (message === undefined) return
  const { id, result, error } = message
  const answer = typeof id === 'number' ? waiting.get(id) : undefined
  if (answer === undefined || typeof id !== 'number') return
  waiting.delete(id)
  if (!isJsonObject(error)) return answer.resolve(result ?? null)
  answer.reject(errorOf(error))
}

/** Whatever a script throws is text: only the service itself says more. */
function errorOf({ code, message, data }: JsonObject): Error {
  const words = typeof message === 'string' ? message : 'Error'
  const number = Number(code)
  if (isJsonObject(data)) {
    const { code: word, message: said, fix } = data
    const reason = typeof word === 'string' ? word : undefined
    const lines = [said, fix].filter((line) => typeof line === 'string')
    const text = lines.length === 0 ? words : lines.join('. ')
    return new RpcFailure({ code: number, reason, message: text })
  }
  const detail = typeof data === 'string' ? data : ''
  if (number === callFailed) return new ScriptError({ name: words, message: detail })
  return new RpcFailure({ code: number, message: detail === '' ? words : `${words}: ${detail}` })
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function readInfo(answer: JsonValue, address: URL): BackendInfo {
  const { methods, callLogUrl, filesArchiveUrl, origin } = isJsonObject(answer) ? answer : {}
  const isInfo =
    Array.isArray(methods) && typeof callLogUrl === 'string' && typeof filesArchiveUrl === 'string'
  if (!isInfo) throw gone(address, 'it speaks another protocol')
  const info = { methods: methods.map(String), callLogUrl, filesArchiveUrl }
  return typeof origin === 'string' ? { ...info, origin } : info
}

function originOf({ origin }: BackendInfo, { account }: Identity): string {
  if (origin !== undefined) return origin
  const reason = 'the service takes no signed calls'
  throw new SteleError('identity_refused', { account, reason })
}

function gone({ host }: URL, reason: string): SteleError {
  return new SteleError('server_unreachable', { url: host, reason })
}
