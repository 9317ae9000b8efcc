// What large answers hold in memory while their clients take them: as much as one limit says, however many do not read.
import { maxReaderParts, staleAnswerMs } from './limits.ts'

/** The large answers that are on their way. */
export type LargeAnswers = {
  /**
   * Takes room for the bytes of an answer to that address; several answers of the same memory take it once, for the first
   * of them. Gives what gives the room back, or undefined where there is none. `cut` ends an answer that has been on its way
   * for long, because another needs its room.
   */
  readonly open: (
    bytes: Uint8Array,
    to: { readonly client: string; readonly cut: () => void },
  ) => (() => void) | undefined
  readonly usedBytes: () => number
}

/** Memory that is being sent, for whom it was made, and by when each of those who take it began. */
type Held = {
  readonly sizeBytes: number
  readonly client: string
  readonly startsMs: Map<() => void, number>
}

/** None yet. No address has more than half of the room: one must not keep everybody else out. `now` is in ms, and never goes back. */
export function createLargeAnswers(
  limitBytes: number,
  now: () => number = () => performance.now(),
): LargeAnswers {
  const held = new Map<ArrayBufferLike, Held>()
  /** Nobody who takes it began a short time ago: cutting some of those who share it would free nothing. */
  const isStale = ({ startsMs }: Held): boolean =>
    startsMs.values().every((startMs) => now() - startMs >= staleAnswerMs)

  /**
   * True where so much more fits among those, if need be without the stale ones: whoever does not read holds memory as
   * long as the connection lives. Such answers end, the oldest first, where that is enough.
   */
  const makeRoom = (
    wantedBytes: number,
    among: readonly (readonly [ArrayBufferLike, Held])[],
    mostBytes: number,
  ): boolean => {
    let usedBytes = sumOf(among)
    const stale = among.filter(([, one]) => isStale(one))
    const leftBytes = usedBytes - sumOf(stale)
    if (leftBytes > 0 && leftBytes + wantedBytes > mostBytes) return false
    for (const [buffer, one] of stale) {
      if (usedBytes + wantedBytes <= mostBytes) break
      held.delete(buffer)
      usedBytes -= one.sizeBytes
      for (const cut of one.startsMs.keys()) cut()
    }
    return true
  }
  const hold = (buffer: ArrayBufferLike, client: string): Held | undefined => {
    const sizeBytes = buffer.byteLength
    const own = [...held].filter(([, one]) => one.client === client)
    if (!makeRoom(sizeBytes, own, limitBytes * maxReaderParts)) return undefined
    if (!makeRoom(sizeBytes, [...held], limitBytes)) return undefined
    const one: Held = { sizeBytes, client, startsMs: new Map() }
    held.set(buffer, one)
    return one
  }
  return {
    usedBytes: () => sumOf([...held]),
    open: ({ buffer }, { client, cut }) => {
      const own = held.get(buffer) ?? hold(buffer, client)
      if (own === undefined) return undefined
      const ownCut = (): void => cut()
      own.startsMs.set(ownCut, now())
      return () => {
        own.startsMs.delete(ownCut)
        if (own.startsMs.size === 0 && held.get(buffer) === own) held.delete(buffer)
      }
    },
  }
}

function sumOf(some: readonly (readonly [ArrayBufferLike, Held])[]): number {
  return some.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0)
}
