// GETs over plain sockets that stay open, for the many tarballs of an installation: a small reader of HTTP/1.1 that knows one kind of
// answer, 200 with a length, and leaves every other to request.ts. It takes half the time of node:http.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { maxHeadBytes, maxTarballBytes } from './limits.ts'
import { createLookup } from './lookup.ts'
import { allowedMs } from './pace.ts'
import type { Transport } from './transport.ts'

/** What is asked for. `authorization` goes with it as it is. */
type PlainAsk = { readonly url: string; readonly authorization?: string | undefined }

/** Hears of the answer: its body, valid until this returns; undefined where it was no plain one, and is to be asked for in another way. */
type PlainHeard = (body: Buffer | undefined) => void

/** Sockets to servers, each of which asks for one thing at a time. */
export type PlainHttp = {
  readonly get: (ask: PlainAsk, heard: PlainHeard) => void
  readonly close: () => void
}

type Limits = {
  readonly maxLines: number
  readonly transport: Transport
  readonly lookup: LookupFunction
}

type Waiting = { readonly ask: PlainAsk; readonly heard: PlainHeard }

/** Opens up to `maxLines` sockets to each server. What needs a proxy or a client's certificate is left to request.ts. */
export function openPlainHttp(maxLines: number, transport: Transport): PlainHttp {
  const isPlain = (protocol: string): boolean =>
    protocol === 'http:'
      ? transport.proxies.HTTP_PROXY === undefined
      : transport.proxies.HTTPS_PROXY === undefined &&
        transport.tls.cert === undefined &&
        transport.certificates.length === 0
  const lookup = createLookup()
  const servers = new Map<string, Server>()
  const watch = setInterval(() => {
    for (const server of servers.values()) server.endSlow()
  }, transport.idleTimeoutMs / 2).unref()
  return {
    get: (ask, heard) => {
      const { origin, protocol } = new URL(ask.url)
      if (!isPlain(protocol)) return heard(undefined)
      const server =
        servers.get(origin) ?? new Server(new URL(origin), { maxLines, transport, lookup })
      servers.set(origin, server)
      server.add({ ask, heard })
    },
    close: () => {
      clearInterval(watch)
      for (const server of servers.values()) server.close()
    },
  }
}

/** One server, and the sockets to it. */
class Server {
  readonly #origin: URL
  readonly #limits: Limits
  readonly #waiting: Waiting[] = []
  readonly #idle: Line[] = []
  readonly #lines = new Set<Line>()

  constructor(origin: URL, limits: Limits) {
    this.#origin = origin
    this.#limits = limits
  }

  add(waiting: Waiting): void {
    const line =
      this.#idle.pop() ?? (this.#lines.size < this.#limits.maxLines ? this.#open() : undefined)
    if (line === undefined) this.#waiting.push(waiting)
    else line.ask(waiting)
  }

  close(): void {
    for (const line of this.#lines) line.end()
  }

  endSlow(): void {
    for (const line of this.#lines) if (line.isSlow()) line.end()
  }

  #open(): Line {
    const line = new Line(this.#origin, this.#limits, {
      free: () => {
        const next = this.#waiting.shift()
        if (next === undefined) this.#idle.push(line)
        else line.ask(next)
      },
      gone: () => {
        this.#lines.delete(line)
        const at = this.#idle.indexOf(line)
        if (at >= 0) this.#idle.splice(at, 1)
        const next = this.#waiting.shift()
        if (next !== undefined) this.add(next)
      },
    })
    this.#lines.add(line)
    return line
  }
}

type Events = { readonly free: () => void; readonly gone: () => void }

const readBytes: number = 64 * 1024
const headEnd = Buffer.from('\r\n\r\n')

/** One socket: what is asked, and how much of its answer is here. */
class Line {
  readonly #socket: Socket
  readonly #events: Events
  #asked: Waiting | undefined
  /** The head until it is whole, then undefined. */
  #head: Buffer | undefined
  #body: Buffer = Buffer.alloc(0)
  #length = 0
  #filled = 0
  #askedMs = 0
  readonly #idleTimeoutMs: number

  constructor(origin: URL, limits: Limits, events: Events) {
    this.#events = events
    this.#idleTimeoutMs = limits.transport.idleTimeoutMs
    this.#socket = openSocket(origin, limits, (bytes) => this.#take(bytes))
    this.#socket.setNoDelay(true)
    this.#socket.setTimeout(limits.transport.idleTimeoutMs, () => this.end())
    this.#socket.on('error', () => this.end())
    this.#socket.on('close', () => this.#gone())
  }

  ask(waiting: Waiting): void {
    const { url, authorization } = waiting.ask
    const { pathname, search, host } = new URL(url)
    const own = authorization === undefined ? '' : `authorization: ${authorization}\r\n`
    this.#asked = waiting
    this.#askedMs = performance.now()
    this.#filled = 0
    this.#head = Buffer.alloc(0)
    this.#socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${own}\r\n`)
  }

  end(): void {
    this.#socket.destroy()
  }

  isSlow(): boolean {
    if (this.#asked === undefined) return false
    return performance.now() - this.#askedMs > allowedMs(this.#filled, this.#idleTimeoutMs)
  }

  #gone(): void {
    const asked = this.#asked
    this.#asked = undefined
    this.#events.gone()
    asked?.heard(undefined)
  }

  #take(bytes: Buffer): void {
    if (this.#asked === undefined) return this.end() // Nobody asked for this.
    if (this.#head === undefined) return this.#takeBody(bytes)
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes])
    const end = head.indexOf(headEnd)
    if (end < 0) {
      if (head.length > maxHeadBytes) return this.end()
      this.#head = head === bytes ? Buffer.from(bytes) : head
      return
    }
    const length = plainLength(head.toString('latin1', 0, end))
    if (length === undefined) return this.end()
    this.#head = undefined
    this.#length = length
    this.#filled = 0
    if (this.#body.length < length) this.#body = Buffer.allocUnsafeSlow(length)
    this.#takeBody(head.subarray(end + headEnd.length))
  }

  #takeBody(bytes: Buffer): void {
    if (this.#filled + bytes.length > this.#length) return this.end()
    bytes.copy(this.#body, this.#filled)
    this.#filled += bytes.length
    if (this.#filled < this.#length) return
    const asked = this.#asked
    const body = this.#body.subarray(0, this.#length)
    this.#asked = undefined
    this.#events.free() // What is asked for next comes while this body is being used.
    asked?.heard(body)
  }
}

function openSocket(
  origin: URL,
  { transport, lookup }: Limits,
  take: (bytes: Buffer) => void,
): Socket {
  const host = origin.hostname.replace(/^\[|\]$/g, '')
  const port = Number(origin.port || (origin.protocol === 'https:' ? 443 : 80))
  if (origin.protocol === 'https:') {
    const { ca, rejectUnauthorized = true } = transport.tls
    const believed = ca === undefined ? {} : { ca: [...ca] }
    const servername = isIP(host) === 0 ? host : ''
    const tls = { servername, rejectUnauthorized, ALPNProtocols: ['http/1.1'], ...believed }
    const { connect: connectTls } = process.getBuiltinModule('node:tls') // Most of the time of a small installation.
    return connectTls({ host, port, lookup, ...tls }).on('data', take)
  }
  const callback = (size: number, buffer: Uint8Array): boolean => {
    take(Buffer.from(buffer.buffer, buffer.byteOffset, size))
    return true
  }
  const onread = { buffer: Buffer.allocUnsafeSlow(readBytes), callback }
  return connect({ host, port, lookup, onread })
}

/** The length of a plain answer's body; undefined of any other answer. */
function plainLength(head: string): number | undefined {
  if (!head.startsWith('HTTP/1.1 200 ')) return undefined
  if (/\r\n(?:transfer-encoding|content-encoding):|\r\nconnection: *close/i.test(head))
    return undefined
  const digits = /\r\ncontent-length: *(\d{1,12}) *(?:\r\n|$)/i.exec(head)?.[1]
  const length = Number(digits ?? Number.NaN)
  return length > 0 && length <= maxTarballBytes ? length : undefined
}
