// Asks upstreams: one breaker each, answers bounded, what went wrong in words.
import { SteleError } from '@stele/errors'
import { abbreviatedType } from '@stele/formats/manifest'
import { encodeSegment } from '@stele/formats/names'
import { createAsking } from './asking.ts'
import { maxDecodedBytes, maxPackumentBytes } from './limits.ts'
import type { Answer, Upstream, UpstreamPorts, Wanted } from './ports.ts'

/** A packument as an upstream sends it. */
export type Fetched =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'packument'
      readonly body: Uint8Array
      readonly etag: string | undefined
      readonly isAbbreviated: boolean
    }

type WantedPackument = Wanted & { readonly etag: string | undefined }

/** Asks upstreams. */
export type Fetching = {
  /** Throws upstream_unreachable, upstream_refused, upstream_too_large. */
  readonly packument: (upstream: Upstream, wanted: WantedPackument) => Promise<Fetched>
  /** The answer to a GET of a tarball with status 200, or undefined where there is none. Throws as above. */
  readonly tarball: (upstream: Upstream, url: string, what: string) => Promise<Answer | undefined>
}

type Ports = Pick<UpstreamPorts, 'get' | 'decode' | 'now' | 'report'>

const accepts = {
  full: 'application/json',
  abbreviated: `${abbreviatedType}; q=1.0, application/json; q=0.8`,
} as const

/** Fetching over the network port. */
export function createFetching(ports: Ports): Fetching {
  const ask = createAsking(ports)
  return {
    packument: (upstream, wanted) =>
      ask(upstream, `"${wanted.name}"`, () => getPackument(ports, upstream, wanted)),
    tarball: (upstream, url, what) =>
      ask(upstream, what, async () => {
        const isOwn = new URL(url).origin === new URL(upstream.url).origin
        const headers = {
          'accept-encoding': 'identity',
          ...(isOwn ? authorizationOf(upstream) : {}),
        }
        const answer = await ports.get({ url, headers })
        if (answer.status === 200) return answer
        if (isMissing(answer)) return drop(answer, undefined)
        throw refusal(answer, upstream, what)
      }),
  }
}

async function getPackument(
  { get, decode }: Ports,
  upstream: Upstream,
  { name, form, etag }: WantedPackument,
): Promise<Fetched> {
  const what = `"${name}"`
  const answer = await get({
    url: `${upstream.url}/${encodeSegment(name)}`,
    headers: {
      accept: accepts[form],
      'accept-encoding': 'gzip',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...authorizationOf(upstream),
    },
  })
  if (answer.status === 304) return drop(answer, { kind: 'unchanged' })
  if (isMissing(answer)) return drop(answer, { kind: 'missing' })
  if (answer.status !== 200) throw refusal(answer, upstream, what)
  const coded = await readAll(answer, { upstream, what, limit: maxPackumentBytes })
  const coding = answer.headers['content-encoding'] ?? 'identity'
  return {
    kind: 'packument',
    body: await decode(coded, coding, maxDecodedBytes),
    etag: answer.headers['etag'],
    isAbbreviated: (answer.headers['content-type'] ?? '').startsWith(abbreviatedType),
  }
}

function isMissing({ status }: Answer): boolean {
  return status === 404 || status === 410
}

function authorizationOf({ authorization }: Upstream): { readonly [name: string]: string } {
  return authorization === '' ? {} : { authorization }
}

function drop<T>(answer: Answer, result: T): T {
  answer.cancel()
  return result
}

/** The error of an answer that is none: what may pass counts as unreachable, the rest stays as it is. */
function refusal(answer: Answer, upstream: Upstream, what: string): Error {
  answer.cancel()
  const { status } = answer
  if (status >= 500 || status === 429 || status === 408) return new Error(`it answers ${status}`)
  return new SteleError('upstream_refused', { upstream: upstream.id, what, status })
}

/** The body as it came, its coding still on. Throws upstream_too_large. */
export async function readAll(
  answer: Answer,
  {
    upstream,
    what,
    limit,
  }: { readonly upstream: Upstream; readonly what: string; readonly limit: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of answer.body) {
    total += chunk.length
    if (total > limit) {
      answer.cancel()
      throw new SteleError('upstream_too_large', { upstream: upstream.id, what, limit })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
