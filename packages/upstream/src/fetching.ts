// Asks upstreams: one breaker each, answers bounded, what went wrong in words.
import { SteleError } from '@stele/errors'
import { abbreviatedType } from '@stele/formats/manifest'
import { encodeSegment } from '@stele/formats/names'
import { createAsking, takesTooLong } from './asking.ts'
import type { Breakers } from './breaker.ts'
import { saidBytes } from './coded.ts'
import { largePackumentBytes, largePackumentMs } from './limits.ts'
import type { Answer, Upstream, UpstreamPorts, Wanted } from './ports.ts'
import { getFollowing } from './redirects.ts'
import { createGate, createTurn, type Gate, type Turn } from './turn.ts'

/** A packument as an upstream sends it. */
export type Fetched =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'packument'
      /** With its coding. */
      readonly body: Uint8Array
      readonly coding: string
      readonly etag: string | undefined
      readonly isAbbreviated: boolean
      /** Taken for a large one; to be released when the body is not needed any more. */
      readonly turn: Turn
    }

type WantedPackument = Wanted & { readonly etag: string | undefined }

/** Asks upstreams. */
export type Fetching = {
  /** Throws upstream_unreachable, upstream_refused, upstream_too_large. */
  readonly packument: (upstream: Upstream, wanted: WantedPackument) => Promise<Fetched>
  /** The answer to a GET of a tarball with status 200, or undefined where there is none. Throws as above. */
  readonly tarball: (upstream: Upstream, url: string, what: string) => Promise<Answer | undefined>
}

type Ports = Pick<UpstreamPorts, 'get' | 'report' | 'maxPackumentBytes'> & {
  readonly breakers: Breakers
}

const accepts = {
  full: 'application/json',
  abbreviated: `${abbreviatedType}; q=1.0, application/json; q=0.8`,
} as const

/** Fetching over the network port. */
export function createFetching(ports: Ports): Fetching {
  const ask = createAsking(ports)
  const gateOf = createGates()
  return {
    packument: async (upstream, wanted) => {
      const turn = createTurn(gateOf(upstream.id))
      const get = (): Promise<Fetched | undefined> =>
        ask(upstream, `"${wanted.name}"`, () => getPackument(ports, upstream, { ...wanted, turn }))
      try {
        const fetched = (await get()) ?? (await getInTurn(turn, get))
        if (fetched.kind !== 'packument') turn.release()
        else if (isLarge(fetched)) await turn.take() // Few bytes may be many.
        return fetched
      } catch (error) {
        turn.release()
        throw error
      }
    },
    tarball: (upstream, url, what) =>
      ask(upstream, what, () => getTarball(ports, upstream, { url, what })),
  }
}

/** One for each upstream: what one of them sends slowly, those of the others do not wait for. */
function createGates(): (id: string) => Gate {
  const gates = new Map<string, Gate>()
  return (id) => {
    const gate = gates.get(id) ?? createGate()
    gates.set(id, gate)
    return gate
  }
}

/** Asks once more, when its turn has come: nothing is kept from others while it waits. */
async function getInTurn(turn: Turn, get: () => Promise<Fetched | undefined>): Promise<Fetched> {
  await turn.take()
  const fetched = await get()
  if (fetched === undefined) throw new Error('A packument that has its turn was left')
  return fetched
}

function isLarge({ body, coding }: Extract<Fetched, { kind: 'packument' }>): boolean {
  return saidBytes(body, coding) > largePackumentBytes
}

async function getTarball(
  { get }: Ports,
  upstream: Upstream,
  { url, what }: { readonly url: string; readonly what: string },
): Promise<Answer | undefined> {
  const headers = { 'accept-encoding': 'identity' }
  const answer = await getFollowing(get, upstream, { url, what, headers })
  if (isMissing(answer)) return drop(answer, undefined)
  if (answer.status !== 200) throw refusal(answer, upstream, what)
  const reason = oddTarball(answer)
  if (reason === undefined) return answer
  throw drop(
    answer,
    new SteleError('upstream_answer_odd', { name: what, reason, upstream: upstream.id }),
  )
}

/** Why it is no tarball, whatever its bytes are: to take them for other bytes of the release would accuse the upstream of more. */
function oddTarball(answer: Answer): string | undefined {
  const coding = codingOf(answer)
  if (coding !== 'identity') {
    return `it sends the tarball with the coding "${coding}", which was not asked for`
  }
  const isPage = /^(?:text\/html|application\/json)\b/.test(answer.headers['content-type'] ?? '')
  return isPage ? 'it sends no tarball, but a page for people or for programs' : undefined
}

/** Undefined for a large one whose turn is not free: it is left as soon as that is known. */
async function getPackument(
  { get, maxPackumentBytes }: Ports,
  upstream: Upstream,
  { name, form, etag, turn }: WantedPackument & { readonly turn: Turn },
): Promise<Fetched | undefined> {
  const what = `"${name}"`
  const answer = await getFollowing(get, upstream, {
    url: `${upstream.url}/${encodeSegment(name)}`,
    what: name,
    headers: {
      accept: accepts[form],
      'accept-encoding': 'gzip',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    },
  })
  if (answer.status === 304) return drop(answer, { kind: 'unchanged' })
  if (isMissing(answer)) return drop(answer, { kind: 'missing' })
  if (answer.status !== 200) throw refusal(answer, upstream, what)
  const setting = 'upstreamPackumentSize'
  const bounds = { upstream, what, limit: maxPackumentBytes, setting }
  const body = await readInTurn(answer, { ...bounds, turn })
  if (body === undefined) return drop(answer, undefined)
  return {
    kind: 'packument',
    body,
    coding: codingOf(answer),
    etag: answer.headers['etag'],
    isAbbreviated: (answer.headers['content-type'] ?? '').startsWith(abbreviatedType),
    turn,
  }
}

function isMissing({ status }: Answer): boolean {
  return status === 404 || status === 410
}

function codingOf({ headers }: Answer): string {
  return (headers['content-encoding'] ?? '').trim().toLowerCase() || 'identity'
}

/**
 * The body without its coding. What cannot be decoded is an answer all the same, and none that the next try mends: throws
 * upstream_answer_odd, upstream_too_large.
 */
export async function takeCodingOff(
  decode: UpstreamPorts['decode'],
  answer: Answer,
  { coded, upstream, what, limit }: Bounds & { readonly coded: Uint8Array },
): Promise<Uint8Array> {
  const coding = codingOf(answer)
  if (coding === 'identity') return coded
  const decoded = await decode(coded, coding, limit).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause)
    const reason = `its coding "${coding}" cannot be taken off: ${why}`
    const told = { name: plain(what), reason, upstream: upstream.id }
    throw new SteleError('upstream_answer_odd', told, { cause })
  })
  if (decoded !== undefined) return decoded
  throw new SteleError('upstream_too_large', { upstream: upstream.id, what, limit })
}

function plain(what: string): string {
  return what.replaceAll('"', '')
}

/** Whose answer it is, what was asked for, and how many bytes it may have. */
type Bounds = {
  readonly upstream: Upstream
  readonly what: string
  readonly limit: number
  /** What the operator sets the limit with. */
  readonly setting?: string
}

function drop<T>(answer: Answer, result: T): T {
  answer.cancel()
  return result
}

/** What a Stele answers to a question of its own that comes back to it. */
const loopDetected = 508

/** The error for an answer with another status: what may pass counts as unreachable, the rest stays as it is. */
export function refusal(answer: Answer, upstream: Upstream, what: string): Error {
  answer.cancel()
  const { status } = answer
  if (status === loopDetected)
    return new SteleError('upstream_loop', { upstream: upstream.id, what })
  const mayPass = status === 429 || status === 408 || (status >= 500 && status !== 501)
  if (mayPass) return new Error(`it answers ${status}`)
  const { id, url } = upstream
  return new SteleError('upstream_refused', { upstream: id, url, what, status })
}

/** The body as it came, its coding still on. Throws upstream_too_large. */
export async function readAll(answer: Answer, bounds: Bounds): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bodyWithin(answer, bounds)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The same; undefined where it is large, and the turn of those is not free. Whoever has it has it for so long. */
async function readInTurn(
  answer: Answer,
  { turn, ...bounds }: Bounds & { readonly turn: Turn },
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let total = Number(answer.headers['content-length'] ?? 0)
  let isTimed = false
  const mayGoOn = (): boolean => {
    if (isTimed || (total <= largePackumentBytes && !turn.isTaken())) return true
    if (!turn.tryTake()) return false
    answer.endWithin(largePackumentMs, takesTooLong(largePackumentMs))
    isTimed = true
    return true
  }
  if (!mayGoOn()) return undefined
  total = 0
  for await (const chunk of bodyWithin(answer, bounds)) {
    total += chunk.length
    if (!mayGoOn()) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function* bodyWithin(
  answer: Answer,
  { upstream, ...bounds }: Bounds,
): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of answer.body) {
    total += chunk.length
    if (total > bounds.limit) {
      answer.cancel()
      throw new SteleError('upstream_too_large', { upstream: upstream.id, ...bounds })
    }
    yield chunk
  }
}
