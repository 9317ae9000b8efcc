// An answer as a route gives it, before coding, conditions and ranges are applied (finish.ts).
import type { ByteStream } from './exchange.ts'
import type { Coding } from './negotiation.ts'

/** A whole file. */
export type WholeFile = { readonly file: string; readonly size: number }

/** An answer before it is finished. */
export type Draft = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A stream goes out as it is; where its length is known, a content-length in the headers says it. */
  readonly body?: Uint8Array | WholeFile | ByteStream
  /** Strong validator with its quotes: of the body before coding, or as coded where `coding` is given. */
  readonly etag?: string
  readonly modifiedMs?: number
  /** May be sent with a content coding. */
  readonly codable?: boolean
  /** The coding that the body has already, as the client wanted it. */
  readonly coding?: Coding
  /**
   * The answer depends on nothing but address, Host, Accept, Accept-Encoding and what is committed: not on who asks, not on
   * the time. It may be kept until something is committed. Needs an ETag.
   */
  readonly isLasting?: true
  /** How long it may be kept at most, in milliseconds from now on; absent: as long as nothing is committed. */
  readonly lastsMs?: number
  /** May be sent in parts. */
  readonly ranges?: boolean
}

/** For what may be stored but is asked about each time. */
export const revalidate = 'no-cache'
/** For what never changes under its address. */
export const immutable = 'public, max-age=31536000, immutable'
/** For what never changes but by a takedown, which caches must follow within the hour. */
export const removable = 'public, max-age=3600'
/** For what is one caller's own. */
export const ownOnly = 'private, no-store'

const jsonType = 'application/json; charset=utf-8'

/** JSON that depends on nothing but the address. */
export function jsonDraft(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Draft {
  return {
    status,
    headers: { 'content-type': jsonType, 'cache-control': revalidate, ...headers },
    body: Buffer.from(JSON.stringify(value)),
    codable: true,
  }
}

/** JSON for the caller alone. */
export function ownDraft(status: number, value: unknown): Draft {
  return jsonDraft(status, value, { 'cache-control': ownOnly, vary: 'Authorization' })
}

/** The answer depends on this header of the request: caches must know, whichever it was. */
export function varyBy(draft: Draft, header: string): Draft {
  const vary = draft.headers['vary']
  const members = vary === undefined ? [] : vary.split(/ *, */)
  if (members.some((member) => member.toLowerCase() === header.toLowerCase())) return draft
  return { ...draft, headers: { ...draft.headers, vary: [...members, header].join(', ') } }
}

/** The same for those alone who may read: no cache gives it to others, and no page of another origin may read it. */
export function forReaders(draft: Draft): Draft {
  const { 'access-control-allow-origin': _origin, ...headers } = draft.headers
  const directives = (headers['cache-control'] ?? revalidate).split(/ *, */)
  const kept = directives.filter((one) => one !== 'public' && one !== 'private')
  const control = { 'cache-control': ['private', ...kept].join(', ') }
  return varyBy({ ...draft, headers: { ...headers, ...control } }, 'Authorization')
}
