// Large bodies wait their turn: so many bytes of them are in memory at once, and each address has its turn before another has two.
import { SteleError } from '@stele/errors'
import { busyRetryS, maxTurnsKept, maxTurnWaitMs } from './limits.ts'

/** The turns of large bodies. */
export type BodyTurns = {
  /** Waits for the turn of a body that may have so many bytes. `ready` rejects with server_busy where that takes too long. */
  readonly open: (client: string, claimBytes: number) => BodyTurn
  /** Whether somebody waits: then whoever has a turn must not dawdle. */
  readonly isAwaited: () => boolean
  readonly usedBytes: () => number
}

/** The turn of one body. */
export type BodyTurn = {
  readonly ready: Promise<void>
  /** Ends it, or the waiting for it. May be called again. */
  readonly release: () => void
}

/** Calls back once, unless it is cancelled. */
export type After = (delayMs: number, work: () => void) => () => void

type Waiting = {
  readonly client: string
  readonly claimBytes: number
  readonly start: () => void
  readonly refuse: (error: SteleError) => void
}

/** Turns for bodies of so many bytes together. A larger one has its turn when there is no other. */
export function createBodyTurns(limitBytes: number, after: After = afterOnClock): BodyTurns {
  const waiting = new Set<Waiting>() // The oldest first.
  const lastTurns = new Map<string, number>()
  let [usedBytes, turns] = [0, 0]
  /** Of the address whose last turn was longest ago, or that had none, the oldest. */
  const next = (): Waiting | undefined => {
    let chosen: Waiting | undefined
    for (const one of waiting) {
      if (chosen === undefined || lastOf(one) < lastOf(chosen)) chosen = one
    }
    return chosen
  }
  const lastOf = ({ client }: Waiting): number => lastTurns.get(client) ?? 0
  const noteTurn = ({ client }: Waiting): void => {
    lastTurns.delete(client)
    lastTurns.set(client, ++turns)
    const [oldest] = lastTurns.keys()
    if (lastTurns.size > maxTurnsKept && oldest !== undefined) lastTurns.delete(oldest)
  }
  const pump = (): void => {
    for (let one = next(); one !== undefined; one = next()) {
      // Whoever is next waits for room, and others behind it: else a large one would wait for ever.
      if (usedBytes > 0 && usedBytes + one.claimBytes > limitBytes) return
      waiting.delete(one)
      usedBytes += one.claimBytes
      noteTurn(one)
      one.start()
    }
  }
  return {
    isAwaited: () => waiting.size > 0,
    usedBytes: () => usedBytes,
    open: (client, claimBytes) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      let isHeld = false
      const one: Waiting = {
        client,
        claimBytes,
        start: () => {
          cancel()
          isHeld = true
          resolve()
        },
        refuse: reject,
      }
      const cancel = after(maxTurnWaitMs, () => {
        waiting.delete(one)
        one.refuse(busy())
        pump() // It may have stood in the way of a smaller one.
      })
      waiting.add(one)
      pump()
      return {
        ready: promise,
        release: () => {
          cancel()
          const wasWaiting = waiting.delete(one)
          if (isHeld) usedBytes -= claimBytes
          if (isHeld || wasWaiting) pump()
          isHeld = false
        },
      }
    },
  }
}

const afterOnClock: After = (delayMs, work) => {
  const timer = setTimeout(work, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

function busy(): SteleError {
  const reason = 'other large uploads take too long'
  return new SteleError('server_busy', { reason, retryAfterS: busyRetryS })
}
