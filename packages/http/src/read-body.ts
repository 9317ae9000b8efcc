// Reads a request's body into one buffer: decoded, capped, and counted against what all requests may hold together.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { type BodyBlocks, createBodyBlocks, createWholeBlock } from './body-blocks.ts'
import type { BodyBudget, Sender } from './body-budget.ts'
import { type Every, everyOnClock, watchPace } from './body-pace.ts'
import type { BodyTurn, BodyTurns } from './body-turns.ts'
import { createChunkWatch } from './chunk-watch.ts'
import {
  awaitedPaceBytes,
  freeInflatedBytes,
  idleTimeoutMs,
  largeBodyBytes,
  maxInflation,
  minPaceBytes,
} from './limits.ts'

/** What bounds a body beside its length. */
export type BodyBounds = {
  readonly budget: BodyBudget
  readonly sender: Sender
  /** Where large ones wait; absent, they do not. */
  readonly turns?: BodyTurns
  readonly every?: Every
}

/** A body, and what takes it off the budget. */
export type HeldBody = { readonly bytes: Uint8Array; readonly release: () => void }

/**
 * The body, with gzip undone. At most `limitBytes` after decoding: what is longer is refused while it arrives. What
 * it takes in memory stays counted in the budget until the caller releases it.
 * Throws body_inflated, body_too_large, body_too_slow, chunks_too_small, coding_unsupported, request_invalid, request_cut, server_busy.
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  bounds: BodyBounds,
): Promise<HeldBody> {
  const isGzip = isGzipBody(request, limitBytes)
  const length = Number(request.headers['content-length'] ?? limitBytes)
  const claimBytes = isGzip ? limitBytes : Math.min(limitBytes, length)
  const all = { ...bounds, limitBytes, claimBytes }
  const { blocks, release } = isGzip
    ? await collectDecoded(request, all)
    : await collect(request, { ...all, source: request, watch: createChunkWatch() })
  return { bytes: await blocks.join(), release }
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
  bounds: Omit<Collecting, 'source' | 'watch'>,
): Promise<Collected> {
  const decoding = gunzipOf(request)
  try {
    const { stream, watch } = decoding
    return await collect(stream, { ...bounds, source: request, watch })
  } catch (error) {
    throw error instanceof SteleError ? error : brokenGzip(error)
  } finally {
    decoding.end()
  }
}

/**
 * The body with gzip undone, and what ends it. A request that is cut, or broken, cuts the stream. `watch` hears how much came out of
 * it each time, and gives the error that a bomb ends with.
 */
export function gunzipOf(request: IncomingMessage): {
  readonly stream: Readable
  readonly watch: (sizeBytes: number) => SteleError | undefined
  readonly end: () => void
} {
  const gunzip = createGunzip()
  const chunkWatch = createChunkWatch()
  // What comes out of it are pieces of its own making: the chunks are looked at here.
  const onData = ({ length }: Uint8Array): void => {
    const error = chunkWatch(length)
    if (error !== undefined) gunzip.destroy(error)
  }
  const onCut = (): unknown => gunzip.destroy(cutError(0))
  request.once('aborted', onCut)
  request.once('error', onCut)
  request.pipe(gunzip)
  request.on('data', onData)
  let inflatedBytes = 0
  return {
    stream: gunzip,
    watch: (sizeBytes) => {
      inflatedBytes += sizeBytes
      // Not by what was sent so far, but by what has been taken of it: all else is still to come out.
      const most = Math.max(freeInflatedBytes, maxInflation * gunzip.bytesWritten)
      if (inflatedBytes <= most) return undefined
      return new SteleError('body_inflated', { times: maxInflation })
    },
    end: () => {
      request.off('aborted', onCut)
      request.off('error', onCut)
      request.off('data', onData)
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
  /** What it may come to, as far as its sender says. */
  readonly claimBytes: number
  readonly source: IncomingMessage
  /** Hears the size of each chunk, and gives the error that it ends the body with. */
  readonly watch: (sizeBytes: number) => SteleError | undefined
}
type Collected = { readonly blocks: BodyBlocks; readonly release: () => void }

/** Listens instead of iterating: leaving an iterator would destroy the request, and with it the way to answer. */
function collect(stream: Readable, collecting: Collecting): Promise<Collected> {
  const { limitBytes, budget, sender, turns, every = everyOnClock, source, watch } = collecting
  let sizeBytes = 0
  return new Promise<Collected>((resolve, reject) => {
    const listeners = {
      data: (chunk: Uint8Array): void => {
        sizeBytes += chunk.length
        pace.came(chunk.length)
        const refused = watch(chunk.length)
        if (refused === undefined) addTo(blocks, chunk, settle)
        else settle(refused)
        if (sizeBytes > largeBodyBytes && turn === undefined && !isSettled) waitForTurn()
      },
      end: (): void => settle(source.complete ? undefined : cutError(sizeBytes)),
      error: (error: unknown): void => settle(error),
      close: (): void => settle(cutError(sizeBytes)),
      aborted: (): void => settle(cutError(sizeBytes)),
    }
    let isSettled = false
    const settle = (error: unknown): void => {
      isSettled = true
      pace.end()
      for (const [event, listener] of Object.entries(listeners)) stream.off(event, listener)
      // Whatever still comes must not become an uncaught error.
      stream.on('error', ignore)
      if (error === undefined) {
        share.arrived()
        resolve({ blocks, release })
        return
      }
      release()
      reject(error instanceof Error ? error : cutError(sizeBytes))
    }
    const share = budget.open(sender, settle)
    let blocks = createBodyBlocks(limitBytes, share.take)
    let pace = watchPace(every, settle)
    let turn: BodyTurn | undefined
    const release = (): void => {
      share.release()
      turn?.release()
    }
    /** Meanwhile nothing is read: what came so far is all that it holds. */
    const waitForTurn = (): void => {
      if (turns === undefined) return
      turn = turns.open(sender.client, collecting.claimBytes)
      stream.pause()
      pace.end()
      source.socket.setTimeout(0)
      const start = async (): Promise<void> => {
        await turn?.ready
        source.socket.setTimeout(idleTimeoutMs)
        if (isSettled) return
        blocks = createWholeBlock({ ...collecting, isOwn: stream === source }, await blocks.join())
        share.release()
        if (isSettled) return
        const least = (): number => (turns.isAwaited() ? awaitedPaceBytes : minPaceBytes)
        pace = watchPace(every, settle, least)
        stream.resume()
      }
      start().catch(settle)
    }
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener)
  })
}

function addTo(blocks: BodyBlocks, chunk: Uint8Array, settle: (error: unknown) => void): void {
  try {
    blocks.add(chunk)
  } catch (error) {
    settle(error)
  }
}

/** Stays on a request for as long as that lives, so it must hold on to nothing that came. */
function ignore(): void {}

/** The error for a body that ends too early. */
export function cutError(receivedBytes: number): SteleError {
  return new SteleError('request_cut', { receivedBytes })
}
