// What large answers hold in memory while their clients take them: as much as one limit says, however many do not read.
import { staleAnswerMs } from './limits.ts'

/** The large answers that are on their way. */
export type LargeAnswers = {
  /**
   * Takes room for the bytes of an answer; several answers of the same memory take it once. Gives what gives the room back, or
   * undefined where there is none. `cut` ends an answer that has been on its way for long, because another needs its room.
   */
  readonly open: (bytes: Uint8Array, cut: () => void) => (() => void) | undefined
  readonly usedBytes: () => number
}

/** Memory that is being sent, and by when each of those who take it began. */
type Held = { readonly sizeBytes: number; readonly startsMs: Map<() => void, number> }

/** None yet. `now` is in ms, and never goes back. */
export function createLargeAnswers(
  limitBytes: number,
  now: () => number = () => performance.now(),
): LargeAnswers {
  const held = new Map<ArrayBufferLike, Held>()
  let usedBytes = 0
  const drop = (buffer: ArrayBufferLike, { sizeBytes }: Held): void => {
    if (held.delete(buffer)) usedBytes -= sizeBytes
  }
  /** Nobody who takes it began a short time ago: cutting some of those who share it would free nothing. */
  const isStale = ({ startsMs }: Held): boolean =>
    startsMs.values().every((startMs) => now() - startMs >= staleAnswerMs)

  /** Whoever does not read holds memory as long as the connection lives: such answers end, the oldest first, where that is enough. */
  const makeRoom = (wantedBytes: number): void => {
    const stale = [...held].filter(([, one]) => isStale(one))
    const staleBytes = stale.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0)
    if (usedBytes - staleBytes + wantedBytes > limitBytes && staleBytes < usedBytes) return
    for (const [buffer, one] of stale) {
      if (usedBytes + wantedBytes <= limitBytes) return
      drop(buffer, one)
      for (const cut of one.startsMs.keys()) cut()
    }
  }
  const hold = (buffer: ArrayBufferLike): Held | undefined => {
    const sizeBytes = buffer.byteLength
    makeRoom(sizeBytes)
    if (usedBytes > 0 && usedBytes + sizeBytes > limitBytes) return undefined
    const one: Held = { sizeBytes, startsMs: new Map() }
    held.set(buffer, one)
    usedBytes += sizeBytes
    return one
  }
  return {
    usedBytes: () => usedBytes,
    open: ({ buffer }, cut) => {
      const own = held.get(buffer) ?? hold(buffer)
      if (own === undefined) return undefined
      const ownCut = (): void => cut()
      own.startsMs.set(ownCut, now())
      return () => {
        own.startsMs.delete(ownCut)
        if (own.startsMs.size === 0 && held.get(buffer) === own) drop(buffer, own)
      }
    },
  }
}
