// Work that nobody waits for: it is done when requests have been quiet for a moment, a few pieces at a time, so that those who
// install are not slowed down by what they caused.
import { behindAtOnce, behindMostMs, behindQuietMs, maxBehind } from './limits.ts'

/** Work behind the requests. */
export type Behind = {
  /** Somebody asked for something. */
  readonly noteRequest: () => void
  /** Resolves with what the work gives, or undefined where it is not done: too much waits, or the server stops. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T | undefined>
  /** What has not begun is not done any more. */
  readonly close: () => void
}

type Waiting = {
  readonly begin: () => Promise<unknown>
  readonly drop: () => void
  readonly sinceMs: number
}

/** Nothing waits yet. `now` is in ms, and never goes back. */
export function createBehind(now: () => number = () => performance.now()): Behind {
  const waiting: Waiting[] = []
  let running = 0
  let requestedMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  /** How long the first one still waits: until requests are quiet, and not for ever. */
  const restMs = ({ sinceMs }: Waiting): number =>
    Math.min(requestedMs + behindQuietMs, sinceMs + behindMostMs) - now()

  const look = (): void => {
    clearTimeout(timer)
    for (let [first] = waiting; first !== undefined && running < behindAtOnce; [first] = waiting) {
      const rest = restMs(first)
      if (rest > 0) {
        timer = setTimeout(look, Math.ceil(rest)).unref()
        return
      }
      waiting.shift()
      running += 1
      void first.begin().finally(() => {
        running -= 1
        look()
      })
    }
  }

  return {
    noteRequest: () => {
      requestedMs = now()
    },
    run: <T>(work: () => Promise<T>) => {
      if (isClosed || waiting.length >= maxBehind) return Promise.resolve(undefined)
      return new Promise<T | undefined>((resolve, reject) => {
        const begin = (): Promise<unknown> => work().then(resolve, reject)
        waiting.push({ begin, drop: () => resolve(undefined), sinceMs: now() })
        look()
      })
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
      for (const { drop } of waiting.splice(0)) drop()
    },
  }
}
