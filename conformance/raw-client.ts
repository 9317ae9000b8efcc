// A client without manners: sends bytes as they are, from any loopback address, and reads what comes back.
import { connect, type Socket } from 'node:net'

/** An answer as it stood on the wire. `json` is undefined where the body is none. */
export type RawAnswer = {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  readonly json: unknown
}

/** How it is sent. */
export type RawOptions = {
  /** One of 127.0.0.0/8. */
  readonly from?: string
  /** Sent when something came back, as after `100 Continue`. */
  readonly later?: string | Uint8Array
  /** True: nothing more is sent, and the server is told so. */
  readonly isEnded?: boolean
  /** So many answers are waited for; all that come until the connection closes when absent. */
  readonly count?: number
  /** The request is HEAD: its answer has no body, whatever its length says. */
  readonly isHead?: boolean
}

const hangsAfterMs = 30_000

/** Sends the pieces, and gives the answers that came until enough came, or the connection was closed. */
export function sendRaw(
  port: number,
  pieces: string | Uint8Array | readonly (string | Uint8Array)[],
  { from = '127.0.0.1', later, isEnded = false, count, isHead = false }: RawOptions = {},
): Promise<readonly RawAnswer[]> {
  const socket = openSocket(port, from)
  const received: Buffer[] = []
  const { promise, resolve, reject } = Promise.withResolvers<readonly RawAnswer[]>()
  const finish = (): void => {
    clearTimeout(timer)
    socket.destroy()
    resolve(parseAnswers(Buffer.concat(received), isHead))
  }
  const timer = setTimeout(() => {
    socket.destroy()
    reject(new Error(`No end after ${hangsAfterMs} ms: ${Buffer.concat(received).toString()}`))
  }, hangsAfterMs)
  if (later !== undefined) socket.once('data', () => socket.write(later))
  socket.on('data', (chunk) => {
    received.push(chunk)
    if (count === undefined) return
    const found = parseAnswers(Buffer.concat(received), isHead)
    if (found.filter(({ status }) => status >= 200).length >= count) finish()
  })
  socket.on('error', () => undefined) // A reset: what came before it counts.
  socket.once('end', finish)
  socket.once('close', finish)
  for (const piece of Array.isArray(pieces) ? pieces : [pieces]) socket.write(piece)
  if (isEnded) socket.end()
  return promise
}

/** A connection from one of the loopback addresses. */
export function openSocket(port: number, from: string): Socket {
  return connect({
    port,
    host: '127.0.0.1',
    localAddress: from,
    noDelay: true,
    allowHalfOpen: true,
  })
}

/** The answers in the bytes; one that is not whole is left out. */
function parseAnswers(bytes: Buffer, isHead: boolean): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let at = 0; at < bytes.length; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', at)
    if (headEnd < 0) break
    const [first = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n')
    const headers = new Map(lines.map(splitHeader))
    const status = Number(first.split(' ')[1])
    const hasBody = !isHead && status >= 200 && status !== 304
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0
    at = headEnd + 4 + length
    if (at > bytes.length) break
    const body = bytes.subarray(headEnd + 4, at)
    answers.push({ status, headers, body, json: parseJson(body) })
  }
  return answers
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
