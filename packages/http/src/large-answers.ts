// What large answers hold in memory while their clients take them: as much as one limit says, however many do not read.
import { maxReaderParts, staleAnswerMs } from './limits.ts'

/** The large answers that are on their way. */
export type LargeAnswers = {
  /**
   * Takes room for the bytes of an answer to that address; several answers of the same memory take it once, and count for each
   * of their addresses. Gives what gives the room back, or undefined where there is none. `cut` ends an answer that has been
   * on its way for long, because another needs its room.
   */
  readonly open: (
    bytes: Uint8Array,
    to: { readonly client: string; readonly cut: () => void },
  ) => (() => void) | undefined
  readonly usedBytes: () => number
}

type Answer = {
  readonly buffer: ArrayBufferLike
  readonly client: string
  readonly startMs: number
  readonly cut: () => void
}

/** None yet. No address has more than half of the room: one must not keep everybody else out. `now` is in ms, and never goes back. */
export function createLargeAnswers(
  limitBytes: number,
  now: () => number = () => performance.now(),
): LargeAnswers {
  const answers = new Set<Answer>()

  /**
   * Of these answers, the ones that must end so that the memory fits beside the rest; undefined where it does not. Whoever does
   * not read holds memory as long as the connection lives: so the oldest end, where nobody who began a short time ago
   * takes the same memory, since that would free nothing.
   */
  const inTheWay = (
    { byteLength }: ArrayBufferLike,
    some: readonly Answer[],
    mostBytes: number,
  ): readonly Answer[] | undefined => {
    let usedBytes = sizeOf(some)
    const fits = (): boolean => usedBytes === 0 || usedBytes + byteLength <= mostBytes
    const ending: Answer[] = []
    for (const [{ byteLength: freedBytes }, sharing] of byMemory(some)) {
      if (fits()) break
      if (!sharing.every(({ startMs }) => now() - startMs >= staleAnswerMs)) continue
      ending.push(...sharing)
      usedBytes -= freedBytes
    }
    return fits() ? ending : undefined
  }

  /** As `inTheWay`, among those of one address and among all: nothing ends where it would not be enough. */
  const toEnd = (buffer: ArrayBufferLike, client: string): readonly Answer[] | undefined => {
    const all = [...answers]
    const own = all.filter((one) => one.client === client)
    if (own.some((one) => one.buffer === buffer)) return []
    const ownEnding = inTheWay(buffer, own, limitBytes * maxReaderParts)
    if (ownEnding === undefined || all.some((one) => one.buffer === buffer)) return ownEnding
    const left = all.filter((one) => !ownEnding.includes(one))
    const ending = inTheWay(buffer, left, limitBytes)
    return ending && [...ownEnding, ...ending]
  }

  return {
    usedBytes: () => sizeOf([...answers]),
    open: ({ buffer }, { client, cut }) => {
      const ending = toEnd(buffer, client)
      if (ending === undefined) return undefined
      for (const one of ending) {
        answers.delete(one)
        one.cut()
      }
      const answer = { buffer, client, startMs: now(), cut }
      answers.add(answer)
      return () => void answers.delete(answer)
    },
  }
}

function byMemory(answers: readonly Answer[]): Map<ArrayBufferLike, Answer[]> {
  return Map.groupBy(answers, ({ buffer }) => buffer)
}

function sizeOf(answers: readonly Answer[]): number {
  return byMemory(answers)
    .keys()
    .reduce((sum, { byteLength }) => sum + byteLength, 0)
}
