// Errors of the HTTP edge.
import type { Catalogue } from './entry.ts'

export type HttpDetails = {
  host_unknown: { readonly host: string; readonly kind: 'registry' | 'service' }
  origin_refused: { readonly origin: string }
  debug_only: { readonly user: string }
  call_unsigned: { readonly method: string }
  mount_taken: { readonly path: string }
  mount_invalid: { readonly path: string }
  route_not_found: {
    readonly method: string
    readonly path: string
    readonly kind: 'registry' | 'service' | 'server'
  }
  nothing_served: { readonly method: string; readonly path: string }
  method_not_allowed: {
    readonly method: string
    readonly path: string
    readonly allow: readonly string[]
  }
  not_offered: { readonly what: string; readonly reason?: string }
  audit_too_old: object
  not_found: { readonly what: string }
  request_invalid: { readonly what: string; readonly reason: string }
  request_cut: { readonly receivedBytes: number }
  /** `isBeside`: without the tarball in it, which is counted by itself. */
  body_too_large: { readonly limitBytes: number; readonly isBeside?: true }
  body_inflated: { readonly times: number }
  body_too_slow: { readonly leastBytes: number; readonly periodMs: number }
  chunks_too_small: { readonly chunks: number; readonly leastBytes: number }
  /** `wanted` says what this address takes; gzip or identity when absent. */
  coding_unsupported: { readonly coding: string; readonly wanted?: string }
  range_unsatisfiable: { readonly range: string; readonly sizeBytes: number }
  disk_full: Record<string, never>
  server_busy: { readonly reason: string; readonly retryAfterS: number }
}

export const httpErrors: Catalogue<HttpDetails> = {
  host_unknown: {
    status: 421, // Misdirected Request: no client repeats it.
    message: (d) =>
      `Cannot answer under the host "${d.host}": this ${d.kind} serves only its own machine, as "localhost"`,
    fix: (d) =>
      d.kind === 'service'
        ? 'To serve that host, start the service with --host and an address of its machine'
        : 'To serve that host, set --public-url to the address that clients use, or --trusted-proxies to the proxy in front',
  },
  origin_refused: {
    status: 403,
    message: (d) => `Cannot do this for a page of "${d.origin}": only this server's own pages may`,
  },
  call_unsigned: {
    status: 403,
    message: (d) => `Cannot call "${d.method}": this service takes signed calls only`,
    fix: () =>
      'Make an identity with "stele vm identity <file>", and call with --identity <file>; a script that says "exports.anonymous = true" takes anonymous calls too',
  },
  mount_taken: {
    status: 409,
    message: (d) => `Cannot mount at "${d.path}": another service is there`,
  },
  mount_invalid: {
    status: 400,
    message: (d) =>
      `Cannot mount at "${d.path}": a path has letters, digits, and . _ ~ - between slashes, and no part of it is "-", "." or ".."`,
  },
  debug_only: {
    status: 403,
    message: (d) =>
      `Cannot call as "${d.user}": this service does not take a caller's name for granted`,
    fix: () =>
      'Sign the calls with a key (--identity), or start the service with --debug where only you can reach it',
  },
  route_not_found: {
    status: 404,
    message: (d) => `Cannot answer ${d.method} "${d.path}": this ${d.kind} does not offer it`,
  },
  nothing_served: {
    status: 503,
    message: (d) => `Cannot answer ${d.method} "${d.path}": nothing is served here yet`,
    fix: () => 'A service that starts needs some seconds: try again in a moment',
  },
  method_not_allowed: {
    status: 405,
    message: (d) =>
      `Cannot answer ${d.method} "${d.path}": this address takes only ${d.allow.join(', ')}`,
  },
  not_offered: {
    status: 404, // Not 501: npm 12 would retry (npm-wire H12).
    message: (d) => `Cannot ${d.what}: ${d.reason ?? 'this registry does not offer it'}`,
  },
  audit_too_old: {
    status: 404,
    message: () => 'Cannot audit packages in this way: this registry offers bulk audits only',
    fix: () => 'Audit with npm 7, pnpm 11, yarn 4 or bun, or newer ones of these',
  },
  not_found: { status: 404, message: (d) => `Cannot find ${d.what}` },
  request_invalid: { status: 400, message: (d) => `Cannot read ${d.what}: ${d.reason}` },
  request_cut: {
    status: 400,
    message: (d) => `Cannot read the body: the request was cut after ${d.receivedBytes} bytes`,
  },
  body_too_slow: {
    status: 408,
    message: (d) =>
      `Cannot wait for the rest of the request: fewer than ${formatSize(d.leastBytes)} came in ${d.periodMs / 1000} seconds`,
    fix: () => 'Try again over a faster connection',
  },
  chunks_too_small: {
    status: 400, // No client sends such a body unless it is told to.
    message: (d) =>
      `Cannot read the body: ${d.chunks} chunks in a row had fewer than ${d.leastBytes} bytes each on average`,
    fix: () => 'Send it in larger chunks, or whole with a Content-Length',
  },
  body_too_large: {
    status: 413,
    message: (d) =>
      `Cannot take the request: its body${d.isBeside === true ? ', the tarball in it aside,' : ''} is over ${formatSize(d.limitBytes)}`,
    fix: (d) =>
      d.isBeside === true || d.limitBytes < uploadBytes
        ? 'Send less at once'
        : `A tarball grows by a third on its way (base64), so it may have up to ${formatSize((d.limitBytes / 4) * 3)}; the operator can raise --max-upload-bytes`,
  },
  body_inflated: {
    status: 413,
    message: (d) =>
      `Cannot read the body: gzip makes it over ${d.times} times larger than what was sent`,
    fix: () => 'Send it without gzip',
  },
  coding_unsupported: {
    status: 415,
    message: (d) =>
      `Cannot read the body: its coding is "${d.coding}", wanted ${d.wanted ?? 'gzip or identity'}`,
  },
  range_unsatisfiable: {
    status: 416,
    message: (d) => `Cannot send the range "${d.range}": the whole is ${d.sizeBytes} bytes long`,
  },
  disk_full: {
    status: 503,
    message: () => 'Cannot keep anything new: the disk of this server is full',
    fix: () => 'Ask the operator to make room, then try again',
  },
  server_busy: {
    status: 503,
    message: (d) => `Cannot take the request now: ${d.reason}`,
    fix: (d) => `Try again in ${d.retryAfterS} seconds`,
  },
}

/** Only publishes may be as large. */
const uploadBytes = 4 * 1024 * 1024

function formatSize(sizeBytes: number): string {
  const kib = sizeBytes / 1024
  if (kib < 1024) return `${Number(kib.toFixed(1))} KiB`
  return `${Number((kib / 1024).toFixed(1))} MiB`
}
