// A request as routes see it: target parsed, client known, JSON read under limits.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { clientKey } from '@stele/formats/networks'
import { type AddressSettings, baseAddress, clientAddress } from './base-address.ts'
import type { Incoming } from './exchange.ts'
import { maxJsonBytes, maxJsonValues } from './limits.ts'
import type { Target } from './target.ts'

/** A request that has a route: all that came in, and what it means here. */
export type Ask = Incoming & {
  readonly query: URLSearchParams
  /** The client's IP address. */
  readonly client: string
  /** The registry's address as the client knows it, without a slash at the end. Throws request_invalid. */
  readonly baseUrl: () => string
  /** The body as JSON, duplicate keys refused. Throws request_invalid, json_invalid, body_too_large, coding_unsupported. */
  readonly json: (limits?: BodyLimits) => Promise<JsonValue>
  /** The same, and it is an object. */
  readonly object: (limits?: BodyLimits) => Promise<JsonObject>
  /** Path and query as they may be printed. */
  readonly shownPath: () => string
  /** What the access event says beside the request, by name: filled while it runs. Texts that are safe to print. */
  readonly notes: Record<string, string>
}

/** What a JSON body may be; what a limit does not say is 1 MiB, 20,000 values, with or without gzip. */
type BodyLimits = {
  /** Bytes, decoded. */
  readonly bytes?: number
  readonly values?: number
  /** No content coding: what a stranger sends costs him as many bytes as us. */
  readonly uncoded?: true
}

/** What a request is opened with. */
type Opening = {
  readonly target: Target
  readonly settings: AddressSettings
  readonly showPath: (url: string) => string
}

/** The request, opened. */
export function openAsk(incoming: Incoming, { target, settings, showPath }: Opening): Ask {
  const client = clientAddress(incoming, settings)
  const notes: Ask['notes'] = {}
  const body: Incoming['body'] = (limitBytes) =>
    incoming.body(limitBytes, { client: clientKey(client), account: notes['account'] })
  const json = (limits: BodyLimits = {}): Promise<JsonValue> =>
    readJson({ ...incoming, body }, limits)
  return {
    ...incoming,
    body,
    query: target.query,
    client,
    baseUrl: () => baseAddress(incoming, settings),
    json,
    object: async (limits) => {
      const value = await json(limits)
      if (!isJsonObject(value)) throw invalidBody('it is not a JSON object')
      return value
    },
    shownPath: () => showPath(incoming.url),
    notes,
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

async function readJson(incoming: Incoming, limits: BodyLimits): Promise<JsonValue> {
  const coding = incoming.headers['content-encoding'] ?? 'identity'
  if (limits.uncoded === true && coding !== 'identity') {
    throw new SteleError('coding_unsupported', { coding: coding.slice(0, 40), wanted: 'identity' })
  }
  const bytes = await incoming.body(limits.bytes ?? maxJsonBytes)
  if (bytes.length === 0) throw invalidBody('it is empty, wanted JSON')
  return parseJson(decodeText(bytes), 'the request body', limits.values ?? maxJsonValues)
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new SteleError(
      'request_invalid',
      { what: 'the request body', reason: 'it is not UTF-8' },
      { cause },
    )
  }
}

function invalidBody(reason: string): SteleError {
  return new SteleError('request_invalid', { what: 'the request body', reason })
}

/** A member that is a text, or absent (null counts as absent). Throws request_invalid. */
export function textMember(object: JsonObject, member: string): string | undefined {
  const value = object[member]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new SteleError('request_invalid', {
    what: `"${member}" of the request body`,
    reason: `it is ${JSON.stringify(value).slice(0, 40)}, wanted text`,
  })
}

/** A query parameter that is a whole number, kept within `[least, most]`. Nonsense counts as absent. */
export function numberParameter(
  ask: Ask,
  name: string,
  range: { readonly least: number; readonly most: number; readonly absent: number },
): number {
  const text = ask.query.get(name) ?? ''
  const value = /^\d{1,9}$/.test(text) ? Number(text) : range.absent
  return Math.min(range.most, Math.max(range.least, value))
}
