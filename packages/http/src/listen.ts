// The one adapter to node:http: turns requests into asks and replies into answers, under limits of time and size.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIPv6, type Socket } from 'node:net'
import { SteleError } from '@stele/errors'
import { clientKey, type Network } from '@stele/formats/networks'
import { clientAddress } from './base-address.ts'
import { createBodyBudget } from './body-budget.ts'
import { createBodyTurns } from './body-turns.ts'
import { createConnections } from './connections.ts'
import type { Draft } from './draft.ts'
import { toReply } from './error-reply.ts'
import type { HttpEvent } from './event.ts'
import type { App, ByteStream, Incoming, Reply } from './exchange.ts'
import { finish } from './finish.ts'
import { createLargeAnswers, type LargeAnswers } from './large-answers.ts'
import {
  busyRetryS,
  headersTimeoutMs,
  idleTimeoutMs,
  keepAliveMs,
  largeAnswerBytes,
  maxAnswerBytes,
  maxBufferedBytes,
  maxConnections,
  maxConnectionsPerAddress,
  maxHeaderBytes,
  maxHeaderCount,
  maxLargeBytes,
  requestTimeoutMs,
} from './limits.ts'
import { type BodyPlaces, headOf, incomingOf, isContinue } from './read-request.ts'
import { refuseBroken } from './refuse-broken.ts'
import { sendReply } from './send-reply.ts'
import { createSwitches, refuseSwitch, type Switches, type SwitchLimits } from './switches.ts'
import { createTurns, type Exchange, type Turns } from './turns.ts'

/** Where to listen. `port` 0 takes any free one. */
export type ListenOptions = {
  readonly host: string
  readonly port: number
  readonly report: (event: HttpEvent) => void
  /** Bytes of small bodies in memory at once, over all requests. */
  readonly maxBufferedBytes?: number
  /** Bytes of large answers in memory at once. */
  readonly maxAnswerBytes?: number
  /** Bytes of large ones, which wait their turn. */
  readonly maxLargeBytes?: number
  /** Proxies that may hold any number of connections. */
  readonly trustedProxies?: readonly Network[]
  /** Connections of one address; 256 when absent. */
  readonly maxConnectionsPerAddress?: number
  /** What bounds connections that went over to another protocol. */
  readonly switchLimits?: SwitchLimits
}

/** A running server. */
export type Listening = {
  readonly port: number
  /** Where it can be reached from this machine, without a slash at the end. */
  readonly url: string
  /** Connections that are open now. */
  readonly connections: () => number
  /**
   * Takes no more connections, lets running requests finish, and resolves when all are gone; those that still run
   * after `graceMs` (30 s when absent) are cut.
   */
  readonly stop: (graceMs?: number) => Promise<void>
}

const defaultGraceMs = 30_000

/** Serves the app. Rejects with address_taken when another program has the port, address_unusable when the host is none of this machine's. */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const places = {
    budget: createBodyBudget(options.maxBufferedBytes ?? maxBufferedBytes),
    turns: createBodyTurns(options.maxLargeBytes ?? maxLargeBytes),
  }
  const answers = createLargeAnswers(options.maxAnswerBytes ?? maxAnswerBytes)
  const server = createLimitedServer(app)
  const { report, trustedProxies = [] } = options
  const running: Running = { count: 0, onNone: () => undefined }
  const start = ({ request, response }: Exchange): void => {
    running.count++
    response.once('close', () => {
      running.count--
      if (running.count === 0) running.onNone()
    })
    if (!server.listening) response.setHeader('connection', 'close')
    serve(app, { request, response, places, answers, trustedProxies, report }).catch(
      (error: unknown) => {
        reportConnection(options, request.socket, error)
        response.destroy()
      },
    )
  }
  const turns: Turns = createTurns({
    start,
    onFlood: (socket, reason) => reportConnection(options, socket, reason),
  })
  const limit = options.maxConnectionsPerAddress ?? maxConnectionsPerAddress
  const connections = createConnections({
    limit,
    trustedProxies,
    isIdle: turns.isIdle,
    onFull: (socket) => reportConnection(options, socket, `it has ${limit} connections open`),
  })
  server.on('connection', connections.open)
  // Whoever asks before it sends a body is told to when the body is wanted (`read-request.ts`).
  for (const event of ['request', 'checkContinue', 'checkExpectation'])
    server.on(event, (request, response) => turns.take({ request, response }))
  const switches = createSwitches(options.switchLimits)
  server.on('upgrade', (request, socket: Socket, head: Uint8Array) => {
    socket.on('error', (error) => reportConnection(options, socket, error))
    if (!turns.leave(socket)) {
      socket.destroy() // It asks before it has read the answers that it waits for.
      return
    }
    switchOver(app, { request, socket, head, switches }).catch((error: unknown) => {
      reportConnection(options, socket, error)
      socket.destroy()
    })
  })
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    reportConnection(options, socket, error)
    refuseBroken(socket, error.code, turns.running(socket))
  })
  await startListening(server, options)
  // A connection that the system cannot give us, for want of file descriptors, must not end the process.
  server.on('error', ({ message: reason }) =>
    options.report({ type: 'connection', client: '', reason }),
  )
  const { host } = options
  return { ...listeningOf(server, { host, running, switches }), connections: connections.count }
}

/** A server with the limits of time and size. */
function createLimitedServer(app: App): Server {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: 5_000,
    requireHostHeader: false, // The app answers for it, in JSON.
    noDelay: true,
    // Where nobody speaks the wanted protocol the request is answered as if it had not asked.
    shouldUpgradeCallback: ({ url = '/', headers }) =>
      app.upgrades?.has({ url, headers: { upgrade: headers.upgrade } }) === true,
  })
  server.maxHeadersCount = maxHeaderCount
  server.maxConnections = maxConnections
  server.timeout = idleTimeoutMs
  return server
}

/** Requests that have no whole answer yet, and what happens when there are none. */
type Running = { count: number; onNone: () => void }

type Serving = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly places: BodyPlaces
  readonly answers: LargeAnswers
  readonly trustedProxies: readonly Network[]
  readonly report: ListenOptions['report']
}

async function serve(app: App, serving: Serving): Promise<void> {
  const { request, response, places } = serving
  const held: (() => void)[] = []
  const hold = (release: () => void): void => void held.push(release)
  const incoming = incomingOf(request, response, { places, hold })
  const refused = refuseExpectation(incoming)
  const made = await (refused === undefined ? app(incoming) : finish(incoming, refused))
  for (const release of held) release()
  const reply = hasRoom(serving, incoming, made)
    ? made
    : await finish(incoming, toReply(noRoom(), String))
  try {
    await sendReply(request, response, reply)
  } catch (error) {
    // Before the status went out the client can still be told; afterwards only a broken connection is honest.
    if (response.headersSent) throw error
    const told = toReply(error, (bug) => reportUnsent(serving, bug))
    await sendReply(request, response, await finish(incoming, told))
  }
}

/** An answer that could not be sent, as where its file is gone. Its address may hold a secret: the stack names the file. */
function reportUnsent({ request, report }: Serving, error: unknown): string {
  const id = randomUUID()
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  report({ type: 'bug', id, method: request.method ?? '', path: '', stack })
  return id
}

/** Room for a large answer, until its client has it or is gone. */
function hasRoom(serving: Serving, incoming: Incoming, { body }: Reply): boolean {
  if (!(body instanceof Uint8Array) || body.length < largeAnswerBytes) return true
  const { response, answers, trustedProxies } = serving
  const client = clientKey(clientAddress(incoming, { trustedProxies }))
  const release = answers.open(body, { client, cut: () => response.destroy() })
  if (release === undefined) return false
  if (response.destroyed) release()
  else response.once('close', release)
  return true
}

function noRoom(): SteleError {
  const reason = 'too many large answers are on their way'
  return new SteleError('server_busy', { reason, retryAfterS: busyRetryS })
}

/** The answer to whoever expects what nobody here does. */
function refuseExpectation({ headers }: Incoming): Draft | undefined {
  const { expect } = headers
  if (expect === undefined || isContinue(expect)) return undefined
  const what = { what: 'the Expect header', reason: 'only "100-continue" can be met' }
  return toReply(new SteleError('request_invalid', what), String)
}

type Switching = {
  readonly request: IncomingMessage
  readonly socket: Socket
  readonly head: Uint8Array
  readonly switches: Switches
}

async function switchOver(app: App, { request, socket, head, switches }: Switching): Promise<void> {
  const noBody = { body: async () => new Uint8Array(), stream: async function* (): ByteStream {} }
  const incoming = { ...headOf(request), ...noBody }
  if (app.upgrades === undefined || !switches.hasRoom()) {
    const error = new SteleError('server_busy', {
      reason: 'too many connections are open',
      retryAfterS: busyRetryS,
    })
    refuseSwitch(socket, await finish(incoming, toReply(error, String)))
    return
  }
  const opened = await app.upgrades.open(incoming)
  if (socket.destroyed) return
  if ('run' in opened) switches.run(opened, socket, head)
  else refuseSwitch(socket, opened)
}

function reportConnection(options: ListenOptions, socket: Socket, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  options.report({ type: 'connection', client: socket.remoteAddress ?? '', reason })
}

/** Why the system gives no such address, as a person would say it. */
const unusableReasons: ReadonlyMap<string, string> = new Map([
  [
    'EACCES',
    'this user may not use the port; those below 1024 are for root, or for a proxy in front',
  ],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['ENOTFOUND', 'there is no host of that name'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up'],
])

function startListening(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error & { code?: string }): void => {
      const taken = cause.code === 'EADDRINUSE'
      const reason = unusableReasons.get(cause.code ?? '') ?? cause.message
      reject(
        taken
          ? new SteleError('address_taken', { host, port }, { cause })
          : new SteleError('address_unusable', { host, port, reason }, { cause }),
      )
    }
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function listeningOf(
  server: Server,
  {
    host,
    running,
    switches,
  }: { readonly host: string; readonly running: Running; readonly switches: Switches },
): Omit<Listening, 'connections'> {
  const { port } = addressOf(server)
  const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return {
    port,
    url: `http://${isIPv6(local) ? `[${local}]` : local}:${port}`,
    stop: (graceMs = defaultGraceMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          server.closeAllConnections()
          switches.cut()
        }, graceMs)
        server.close((error) => {
          clearTimeout(timer)
          if (error === undefined) resolve()
          else reject(error)
        })
        switches.end()
        // Connections without a request end at once; the others when the last of them has its answer.
        running.onNone = () => server.closeAllConnections()
        if (running.count === 0) running.onNone()
      }),
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address
}
