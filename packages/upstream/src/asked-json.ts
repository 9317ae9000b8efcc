// Questions to upstreams that are answered with JSON, and whose answers are told on for a minute.
import { isSteleError, SteleError } from '@stele/errors'
import { type JsonValue, parseTolerantJson } from '@stele/formats/json'
import { readAll, refusal, takeCodingOff } from './fetching.ts'
import type { Upstream, UpstreamPorts } from './ports.ts'

/** A question: a GET, or a POST where it has a body. */
type Question = {
  /** Below the upstream's address. */
  readonly path: string
  readonly body?: JsonValue
  /** What is asked for, for errors. */
  readonly what: string
  /** Bytes of the answer, with its coding and without. */
  readonly limit: number
}

/** Asks. Throws upstream_refused, upstream_answer_odd, upstream_too_large; a plain Error where it may answer later. */
export async function askForJson(
  { get, decode }: Pick<UpstreamPorts, 'get' | 'decode'>,
  upstream: Upstream,
  { path, body, what, limit }: Question,
): Promise<JsonValue> {
  const { url, authorization } = upstream
  const answer = await get({
    url: url + path,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === '' ? {} : { authorization }),
    },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
  })
  if (answer.status !== 200) throw refusal(answer, upstream, what)
  const bounds = { upstream, what, limit }
  const coded = await readAll(answer, bounds)
  const decoded = await takeCodingOff(decode, answer, { ...bounds, coded })
  try {
    return parseTolerantJson(Buffer.from(decoded).toString('utf8'), what)
  } catch (cause) {
    if (!isSteleError(cause, 'json_invalid')) throw cause
    const reason = 'it is not JSON; perhaps it is a web page' // Not the client's JSON.
    const told = { name: what, reason, upstream: upstream.id }
    throw new SteleError('upstream_answer_odd', told, { cause })
  }
}

/** Gives the answer that is known for the key, or makes it. One that fails is not kept. */
export type Answers<T> = (key: string, make: () => Promise<T>) => Promise<T>

/** Nothing was asked yet. */
export function keepAnswers<T>(
  now: () => number,
  limits: { readonly keptMs: number; readonly count: number },
): Answers<T> {
  const kept = new Map<string, { readonly endMs: number; readonly answer: Promise<T> }>()
  return (key, make) => {
    const nowMs = now()
    for (const [old, { endMs }] of kept) if (endMs <= nowMs) kept.delete(old)
    const known = kept.get(key)
    if (known !== undefined) return known.answer
    const entry = { endMs: nowMs + limits.keptMs, answer: make() }
    kept.delete(key)
    kept.set(key, entry)
    entry.answer.catch(() => {
      if (kept.get(key) === entry) kept.delete(key)
    })
    for (const oldest of kept.keys()) {
      if (kept.size <= limits.count) break
      kept.delete(oldest)
    }
    return entry.answer
  }
}
