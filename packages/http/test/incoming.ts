// Short ways to ask an app something, without a server.
import type { AddressSettings, Incoming } from '../src/index.ts'

/** No proxy, no mount path, no public address. */
export const plainSettings: AddressSettings = { mountPath: '', trustedProxies: [] }

export type AskParts = {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly peer?: string
}

/** A request; a body that is no text or bytes is sent as JSON. */
export function ask(method: string, url: string, parts: AskParts = {}): Incoming {
  const { body } = parts
  const bytes =
    body === undefined
      ? new Uint8Array()
      : body instanceof Uint8Array
        ? body
        : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    method,
    url,
    headers: { host: 'localhost:4873', ...parts.headers },
    peer: parts.peer ?? '127.0.0.1',
    isTls: false,
    httpVersion: '1.1',
    body: async () => bytes,
    stream: async function* () {
      yield bytes
    },
  }
}
