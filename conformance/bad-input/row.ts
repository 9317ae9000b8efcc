// What a row of the table of bad input is: what is sent, and what must come back.
import type { RawAnswer, RawOptions } from '../raw-client.ts'

/** What rows are written for. */
export type Place = {
  readonly port: number
  /** Of somebody who may publish. */
  readonly token: string
  /** A package that is there, with version 1.0.0. */
  readonly hosted: string
  /** Bytes that a request body may have, decoded. */
  readonly limitBytes: number
}

/** What is sent, byte for byte, and how. */
export type Sent = RawOptions & { readonly pieces: readonly (string | Uint8Array)[] }

/**
 * One row: its title, what is sent, and the status and code that must come back in JSON. A code of undefined: no error, whatever the
 * answer is. `cut`: the connection ends without an answer.
 */
export type Row = readonly [
  title: string,
  send: (place: Place) => Sent,
  wanted: readonly [status: number, code?: string | undefined] | 'cut',
]

/** A request with a body that has its right length. */
export function ask(
  { method, path, headers = {} }: Asked,
  body: string | Uint8Array = '',
): readonly (string | Uint8Array)[] {
  const bytes = Buffer.from(body)
  const all = { host: 'localhost', 'content-length': String(bytes.length), ...headers }
  return [head({ method, path, headers: all }), bytes]
}

/** The line and headers of a request, as they are given. */
export function head({ method, path, headers = {} }: Asked): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

type Asked = {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A PUT of a document by somebody who may publish. */
export function put(
  place: Place,
  path: string,
  body: string | Uint8Array | object,
  headers: Readonly<Record<string, string>> = {},
): Sent {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const own = { authorization: `Bearer ${place.token}`, 'content-type': 'application/json' }
  return { pieces: ask({ method: 'PUT', path, headers: { ...own, ...headers } }, bytes), count: 1 }
}

/** A GET. */
export function get(path: string, headers: Readonly<Record<string, string>> = {}): Sent {
  return {
    pieces: [head({ method: 'GET', path, headers: { host: 'localhost', ...headers } })],
    count: 1,
  }
}

/** The code of an error in JSON. */
export function codeOf({ json }: RawAnswer): unknown {
  return Object(json)['code']
}
