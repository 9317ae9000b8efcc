// Times named pieces of work on this thread, each without the pieces inside it. By the wall's clock: a thread's CPU
// is known to the kernel's tick only, far too coarse for microseconds. So medians are taken, which noise hardly moves.
import { median } from './statistics.ts'

/** A meter. Reading its clock costs a fraction of a microsecond, which lands on the piece around. */
export type Meter = {
  readonly time: <T>(name: string, work: () => T) => T
  /** As time(), until the promise settles: nothing else may be timed around or beside it. */
  readonly timeAsync: <T>(name: string, work: () => Promise<T>) => Promise<T>
  /** The same function, timed. */
  readonly timed: <A extends readonly unknown[], T>(
    name: string,
    work: (...args: A) => T,
  ) => (...args: A) => T
  readonly pieces: () => ReadonlyMap<string, Piece>
  readonly reset: () => void
}

/** One piece: how often it ran, its median and its mean. */
type Piece = { readonly times: number; readonly medianUs: number; readonly meanUs: number }

export function createMeter(): Meter {
  const samples = new Map<string, number[]>()
  const inner: number[] = []
  const begin = (): number => {
    inner.push(0)
    return performance.now()
  }
  const end = (name: string, startMs: number): void => {
    const all = performance.now() - startMs
    const own = all - (inner.pop() ?? 0)
    if (inner.length > 0) inner.push((inner.pop() ?? 0) + all)
    const known = samples.get(name)
    if (known === undefined) samples.set(name, [own * 1000])
    else known.push(own * 1000)
  }
  return {
    time: (name, work) => {
      const startMs = begin()
      try {
        return work()
      } finally {
        end(name, startMs)
      }
    },
    timeAsync: async (name, work) => {
      const startMs = begin()
      try {
        return await work()
      } finally {
        end(name, startMs)
      }
    },
    timed:
      (name, work) =>
      (...args) => {
        const startMs = begin()
        try {
          return work(...args)
        } finally {
          end(name, startMs)
        }
      },
    pieces: () => new Map(Array.from(samples, ([name, all]) => [name, pieceOf(all)])),
    reset: () => samples.clear(),
  }
}

function pieceOf(samples: readonly number[]): Piece {
  const sum = samples.reduce((total, each) => total + each, 0)
  return { times: samples.length, medianUs: median(samples), meanUs: sum / samples.length }
}
