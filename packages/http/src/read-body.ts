// Reads a request's body into one buffer: decoded, capped, and counted against what all requests may hold together.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { SteleError } from '@stele/errors'
import type { BodyBudget, BodyShare, Sender } from './body-budget.ts'
import { type Every, everyOnClock, watchPace } from './body-pace.ts'
import { joinedPerTurnBytes } from './limits.ts'

/** What bounds a body beside its length. */
export type BodyBounds = {
  readonly budget: BodyBudget
  readonly sender: Sender
  readonly every?: Every
}

/** A body, and what takes it off the budget. */
export type HeldBody = { readonly bytes: Uint8Array; readonly release: () => void }

/**
 * The body, with gzip undone. At most `limitBytes` after decoding: what is longer is refused while it arrives. Its
 * length stays counted in the budget until the caller releases it.
 * Throws body_too_large, body_too_slow, coding_unsupported, request_invalid, request_cut, server_busy.
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  bounds: BodyBounds,
): Promise<HeldBody> {
  const isGzip = isGzipBody(request, limitBytes)
  const { chunks, release } = isGzip
    ? await collectDecoded(request, limitBytes, bounds)
    : await collect(request, { ...bounds, limitBytes, source: request })
  return { bytes: await join(chunks), release }
}

/** The chunks as one. Some KB of gzip may be 128 MiB here: others have turns between. */
async function join(chunks: readonly Uint8Array[]): Promise<Uint8Array> {
  const sizeBytes = chunks.reduce((sum, { length }) => sum + length, 0)
  if (sizeBytes <= joinedPerTurnBytes) return Buffer.concat(chunks, sizeBytes)
  const whole = Buffer.allocUnsafeSlow(sizeBytes) // Its own memory: it can be handed to another thread.
  let [at, turnEnd] = [0, joinedPerTurnBytes]
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
    if (at < turnEnd) continue
    turnEnd = at + joinedPerTurnBytes
    await nextTurn()
  }
  return whole
}

/** Whether the body is coded with gzip. Throws coding_unsupported, and body_too_large for a length that says so. */
export function isGzipBody(request: IncomingMessage, limitBytes: number): boolean {
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const isGzip = coding === 'gzip' || coding === 'x-gzip'
  if (!isGzip && coding !== 'identity') {
    throw new SteleError('coding_unsupported', { coding: coding.slice(0, 40) })
  }
  // The length is the sender's word, so it can refuse a body but never reserve room for one.
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    throw new SteleError('body_too_large', { limitBytes })
  }
  return isGzip
}

async function collectDecoded(
  request: IncomingMessage,
  limitBytes: number,
  bounds: BodyBounds,
): Promise<Collected> {
  const decoding = gunzipOf(request)
  try {
    return await collect(decoding.stream, { ...bounds, limitBytes, source: request })
  } catch (error) {
    throw error instanceof SteleError ? error : brokenGzip(error)
  } finally {
    decoding.end()
  }
}

/** The body with gzip undone, and what ends it. A request that is cut, or broken, cuts the stream. */
export function gunzipOf(request: IncomingMessage): {
  readonly stream: Readable
  readonly end: () => void
} {
  const gunzip = createGunzip()
  const onCut = (): unknown => gunzip.destroy(cutError(0))
  request.once('aborted', onCut)
  request.once('error', onCut)
  request.pipe(gunzip)
  return {
    stream: gunzip,
    end: () => {
      request.off('aborted', onCut)
      request.off('error', onCut)
      request.unpipe(gunzip)
      gunzip.on('error', () => undefined)
      gunzip.destroy()
    },
  }
}

/** The error for a body that is not the gzip it says it is. */
export function brokenGzip(cause: unknown): SteleError {
  const what = { what: 'the request body', reason: 'its gzip coding is broken' }
  return new SteleError('request_invalid', what, { cause })
}

type Collecting = BodyBounds & {
  readonly limitBytes: number
  readonly source: IncomingMessage
}
type Collected = { readonly chunks: readonly Uint8Array[]; readonly release: () => void }

/** Listens instead of iterating: leaving an iterator would destroy the request, and with it the way to answer. */
function collect(
  stream: Readable,
  { limitBytes, budget, sender, every = everyOnClock, source }: Collecting,
): Promise<Collected> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  return new Promise<Collected>((resolve, reject) => {
    const listeners = {
      data: (chunk: Uint8Array): void => {
        sizeBytes += chunk.length
        pace.came(chunk.length)
        chunks.push(chunk)
        if (sizeBytes > limitBytes) settle(new SteleError('body_too_large', { limitBytes }))
        else takeRoom(share, chunk.length, settle)
      },
      end: (): void => settle(source.complete ? undefined : cutError(sizeBytes)),
      error: (error: unknown): void => settle(error),
      close: (): void => settle(cutError(sizeBytes)),
      aborted: (): void => settle(cutError(sizeBytes)),
    }
    const settle = (error: unknown): void => {
      pace.end()
      for (const [event, listener] of Object.entries(listeners)) stream.off(event, listener)
      // Whatever still comes must not become an uncaught error.
      stream.on('error', () => undefined)
      if (error === undefined) {
        share.arrived()
        resolve({ chunks, release: share.release })
        return
      }
      share.release()
      reject(error instanceof Error ? error : cutError(sizeBytes))
    }
    const share = budget.open(sender, settle)
    const pace = watchPace(every, settle)
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener)
  })
}

function takeRoom(share: BodyShare, sizeBytes: number, settle: (error: unknown) => void): void {
  try {
    share.take(sizeBytes)
  } catch (error) {
    settle(error)
  }
}

/** The error for a body that ends too early. */
export function cutError(receivedBytes: number): SteleError {
  return new SteleError('request_cut', { receivedBytes })
}
