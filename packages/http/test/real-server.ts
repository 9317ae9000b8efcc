// A server on a real port of the loopback, and ways to ask it that no well-behaved client has.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { toReply } from '../src/error-reply.ts'
import { finish } from '../src/finish.ts'
import { type App, type HttpEvent, type Listening, listen, type Reply } from '../src/index.ts'

type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export const limitBytes = 100_000
export const mib: number = 1024 * 1024

/** Reads the body and says how long it was; errors as the real app answers them. */
export const echo: App = async (ask): Promise<Reply> => {
  try {
    const bytes = await ask.body(limitBytes)
    return text(200, `${bytes.length} ${hash('sha256', bytes, 'hex').slice(0, 8)}`)
  } catch (error) {
    const draft = toReply(error, (bug) => assert.fail(String(bug)))
    return finish(ask, draft)
  }
}

export function text(status: number, body: string): Reply {
  const bytes = Buffer.from(body)
  return { status, headers: { 'content-length': String(bytes.length) }, body: bytes }
}

export async function withServer(
  app: App,
  work: (server: Listening, events: HttpEvent[]) => Promise<void>,
  maxBufferedBytes?: number,
): Promise<void> {
  const events: HttpEvent[] = []
  const more = maxBufferedBytes === undefined ? {} : { maxBufferedBytes }
  const options = { host: '127.0.0.1', port: 0, report: (e: HttpEvent) => events.push(e), ...more }
  const server = await listen(app, options)
  try {
    await work(server, events)
  } finally {
    await server.stop(0)
  }
}

type Sent = {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array
  readonly agent?: Agent
}

export function send(
  { url }: Listening,
  { method = 'PUT', headers = {}, body, agent }: Sent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, ...(agent === undefined ? {} : { agent }) }
    const sent = request(`${url}/x`, options)
    answerOf(sent).then(resolve, reject)
    sent.end(body)
  })
}

function answerOf(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks) })
      })
    })
  })
}

/** Sends bytes as they are, `later` when something came, and gives all that comes until the connection closes. */
export function sendRaw(
  { port }: Listening,
  raw: string | Uint8Array,
  later?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(raw))
    let found = ''
    if (later !== undefined) socket.once('data', () => socket.write(later))
    socket.on('data', (chunk) => (found += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(found))
  })
}

export function codeOf(answer: Answer): unknown {
  return Reflect.get(Object(JSON.parse(answer.body.toString())), 'code')
}
