// A proxy that passes requests on as they came, Host included, and writes down every answer; it can also falsify some.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

/** What was answered. `body` only of refusals, decoded; `sent` only when the proxy keeps what is put. */
export type Answered = {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly type: string
  readonly body: string
  readonly sent?: Buffer
  /** The credentials that came with the request. */
  readonly authorization?: string
}

/** A running proxy. */
export type Proxy = AsyncDisposable & {
  /** Its address, as `localhost`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly answered: readonly Answered[]
}

/** `alter` sees path and body of every 200 and gives the body to send instead; `keepsPut` keeps the body of every PUT. */
export type ProxyOptions = {
  readonly alter?: (path: string, body: Buffer) => Buffer
  readonly keepsPut?: boolean
}

/** Starts a proxy in front of a server on loopback. */
export async function startProxy(target: string, options: ProxyOptions = {}): Promise<Proxy> {
  const answered: Answered[] = []
  const server = createServer((asked, reply) => {
    pass({ asked, reply, target: new URL(target), options }, (what) => answered.push(what)).catch(
      () => reply.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = addressOf(server.address())
  return {
    url: `http://localhost:${port}`,
    port,
    answered,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Throws when an answer was a 5xx, or a refusal that a client cannot print (npm-wire H13). */
export function assertCleanAnswers(answered: readonly Answered[]): void {
  assert.ok(answered.length > 0, 'Nothing was asked')
  assert.deepEqual(
    answered.filter((answer) => answer.status >= 500),
    [],
    'The server failed',
  )
  assert.deepEqual(
    answered.filter((answer) => answer.status >= 400 && !isRefusal(answer)),
    [],
    'Refusals must be JSON with "error" and "code"',
  )
}

type Passing = {
  readonly asked: IncomingMessage
  readonly reply: ServerResponse
  readonly target: URL
  readonly options: ProxyOptions
}

async function pass(passing: Passing, record: (what: Answered) => void): Promise<void> {
  const { asked, reply, target, options } = passing
  const { method = 'GET', url = '/', headers } = asked
  const sent = request({ host: target.hostname, port: target.port, path: url, method, headers })
  const put: Buffer[] = []
  if (options.keepsPut === true && method === 'PUT')
    asked.on('data', (chunk: Buffer) => put.push(chunk))
  asked.pipe(sent)
  reply.once('close', () => sent.destroy())
  const [answer]: IncomingMessage[] = await once(sent, 'response')
  if (answer === undefined) throw new Error('There is no answer')
  const status = answer.statusCode ?? 0
  const type = answer.headers['content-type'] ?? ''
  const note = (body: string): void => {
    const kept = put.length === 0 ? {} : { sent: Buffer.concat(put) }
    const { authorization } = headers
    const who = authorization === undefined ? {} : { authorization }
    record({ method, path: url, status, type, body, ...kept, ...who })
  }
  if (status < 400 && (options.alter === undefined || status !== 200)) {
    note('')
    reply.writeHead(status, answer.headers)
    answer.pipe(reply)
    return
  }
  const bytes = await buffer(answer)
  const isGzip = answer.headers['content-encoding'] === 'gzip'
  note(status < 400 ? '' : (isGzip ? gunzipSync(bytes) : bytes).toString())
  const altered = status === 200 ? (options.alter?.(url, bytes) ?? bytes) : bytes
  const sentHeaders = { ...answer.headers, 'content-length': String(altered.length) }
  if (method === 'HEAD') reply.writeHead(status, answer.headers).end()
  else reply.writeHead(status, sentHeaders).end(altered)
}

function isRefusal({ type, body }: Answered): boolean {
  if (!type.startsWith('application/json')) return false
  try {
    const found: unknown = JSON.parse(body)
    const isObject = typeof found === 'object' && found !== null
    return isObject && 'error' in found && typeof found.error === 'string' && 'code' in found
  } catch {
    return false
  }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  return address
}
