// Where a body is put while it comes: in blocks, so that what it holds is what is counted, however small its chunks are.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { firstBlockBytes, joinedPerTurnBytes, keptChunkBytes, maxBlockBytes } from './limits.ts'

/** What came of one body. */
export type BodyBlocks = {
  /** Takes room for the chunk, then copies it; a large one is kept as it is. Throws body_too_large, and what `take` throws. */
  readonly add: (chunk: Uint8Array) => void
  /** All that came, in its order. */
  readonly join: () => Promise<Uint8Array>
}

/**
 * Blocks for a body of at most `limitBytes`: the first is small, each next one twice as large up to a bound, and none
 * larger than what may still come. `take` hears of the size of each before it is made.
 */
export function createBodyBlocks(
  limitBytes: number,
  take: (sizeBytes: number) => void,
): BodyBlocks {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  let nextBlockBytes = firstBlockBytes
  let block = new Uint8Array()
  // Of the block, `[partStart, used)` is the part that still grows.
  let [partStart, used] = [0, 0]
  const closePart = (): void => {
    if (used > partStart) parts.push(block.subarray(partStart, used))
    partStart = used
  }
  const openBlock = (): void => {
    const blockBytes = Math.min(nextBlockBytes, limitBytes - sizeBytes)
    take(blockBytes)
    closePart()
    block = Buffer.allocUnsafeSlow(blockBytes)
    partStart = used = 0
    nextBlockBytes = Math.min(2 * nextBlockBytes, maxBlockBytes)
  }
  const copy = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length; ) {
      if (used === block.length) openBlock()
      const count = Math.min(chunk.length - at, block.length - used)
      block.set(at === 0 && count === chunk.length ? chunk : chunk.subarray(at, at + count), used)
      at += count
      used += count
      sizeBytes += count
    }
  }
  const keep = (chunk: Uint8Array): void => {
    take(chunk.buffer.byteLength)
    closePart() // What comes next goes on in the same block: else a byte between large chunks would cost a block each.
    parts.push(chunk)
    sizeBytes += chunk.length
  }
  return {
    add: (chunk) => {
      if (sizeBytes + chunk.length > limitBytes)
        throw new SteleError('body_too_large', { limitBytes })
      if (isKept(chunk)) keep(chunk)
      else copy(chunk)
    },
    join: () => {
      closePart()
      return join(parts, sizeBytes)
    },
  }
}

/**
 * One block for all of a body that has its turn, which may come to `claimBytes`: what it does not come to is never touched, so that no
 * memory stands behind it. `first` is what came before. `isOwn`: chunks have memory of their own, which is freed at once. To the engine
 * they look small, so that it would let a hundred MB of them gather.
 */
export function createWholeBlock(
  {
    limitBytes,
    claimBytes,
    isOwn,
  }: { readonly limitBytes: number; readonly claimBytes: number; readonly isOwn: boolean },
  first: Uint8Array,
): BodyBlocks {
  const whole = Buffer.allocUnsafeSlow(Math.max(claimBytes, first.length))
  whole.set(first)
  let used = first.length
  return {
    add: (chunk) => {
      if (used + chunk.length > limitBytes) throw new SteleError('body_too_large', { limitBytes })
      if (used + chunk.length > whole.length) throw new Error('A body is longer than it says')
      whole.set(chunk, used)
      used += chunk.length
      const { buffer } = chunk
      if (isOwn && buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length)
        buffer.transfer(0)
    },
    join: async () => whole.subarray(0, used),
  }
}

/** Large enough to be worth no copy, and most of the memory that it holds on to. */
function isKept({ length, buffer }: Uint8Array): boolean {
  return length >= keptChunkBytes && 2 * length > buffer.byteLength
}

/** The parts as one. Some KB of gzip may be 128 MiB here: others have turns between. */
async function join(parts: readonly Uint8Array[], sizeBytes: number): Promise<Uint8Array> {
  if (sizeBytes <= joinedPerTurnBytes) return Buffer.concat(parts, sizeBytes)
  const whole = Buffer.allocUnsafeSlow(sizeBytes) // Its own memory: it can be handed to another thread.
  let [at, turnEnd] = [0, joinedPerTurnBytes]
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
    if (at < turnEnd) continue
    turnEnd = at + joinedPerTurnBytes
    await nextTurn()
  }
  return whole
}
