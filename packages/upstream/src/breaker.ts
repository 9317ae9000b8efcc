// Leaves an upstream alone that fails again and again, and tries it now and then.
import { breakerFailures, breakerLate, breakerRestMs, maxBreakerRestMs } from './limits.ts'

/** The breaker of one upstream. */
export type Breaker = {
  /** How long the upstream is still left alone, ms; 0: it may be asked. */
  readonly restMs: () => number
  /**
   * Lets a request pass, which then tells how it went, once. Undefined while the upstream is left alone; after that, one
   * passes to try, and the others when that has told.
   */
  readonly pass: () => Passed | undefined
  /** True while nothing passes. */
  readonly isOpen: () => boolean
  /** True from when the upstream first answers too late, or is left alone, until something succeeds. */
  readonly isFailing: () => boolean
  /** What the work gives; or, as soon as the upstream is failing, what `instead` gives. The work goes on. */
  readonly unlessFailing: <T>(work: Promise<T>, instead: () => T) => Promise<T>
  readonly state: () => BreakerState
}

/** How an upstream does: whether its last answer was one, and what went wrong last, if anything did. Times are in ms. */
export type BreakerState = {
  /** Undefined: nothing was asked yet. */
  readonly isAnswering: boolean | undefined
  readonly restMs: number
  readonly lastError: { readonly reason: string; readonly atMs: number } | undefined
}

/** A request that may ask. */
export type Passed = {
  /** It answered; `complaint` is what is wrong with the answer. */
  readonly succeeded: (complaint?: string) => void
  readonly failed: (failure: Failure) => void
  /** It says nothing of the upstream. */
  readonly untold: () => void
}

type Failure = {
  /** What was asked for: one thing that fails again and again is counted once. */
  readonly what: string | symbol
  readonly reason: string
  /** No answer came in time: each waits so long, and so fewer are needed. */
  readonly isLate: boolean
}

/** A breaker that lets everything pass. `now` is in ms. */
export function createBreaker(now: () => number): Breaker {
  const failures = createFailures()
  const waiting = createWaiting()
  let opened = 0 // Times in a row.
  let untilMs = 0
  let triedUntilMs = 0 // Meanwhile one tries, and the others wait for how it goes.
  let round = 0 // A failure counts only in the round in which its request began.
  let [isAnswering, lastError]: readonly [boolean?, BreakerState['lastError']?] = []
  const restMs = (): number => Math.max(0, untilMs - now())
  const isOpen = (): boolean => restMs() > 0 || now() < triedUntilMs
  const isFailing = (): boolean => opened > 0 || failures.isAnyLate()
  const open = (): void => {
    round += 1
    opened += 1
    ;[untilMs, triedUntilMs] = [now() + restOf(opened), 0]
  }
  const passedIn = (own: number): Passed => ({
    succeeded: (complaint) => {
      if (complaint !== undefined) lastError = { reason: complaint, atMs: now() }
      failures.clear()
      ;[opened, untilMs, triedUntilMs] = [0, 0, 0]
      isAnswering = true
    },
    failed: (failure) => {
      isAnswering = false
      lastError = { reason: failure.reason, atMs: now() }
      if (own !== round) return
      failures.add(failure)
      if (opened > 0 || failures.areEnough()) open()
      if (isFailing()) waiting.tell()
    },
    untold: () => {
      if (own === round) triedUntilMs = 0
    },
  })
  return {
    restMs,
    isOpen,
    isFailing,
    state: () => ({ isAnswering, restMs: restMs(), lastError }),
    unlessFailing: (work, instead) =>
      isFailing() ? Promise.resolve(instead()) : waiting.until(work, instead),
    pass: () => {
      if (isOpen()) return undefined
      if (opened > 0) {
        round += 1
        triedUntilMs = now() + maxBreakerRestMs // It may never tell.
      }
      return passedIn(round)
    },
  }
}

/** What failed since something succeeded. */
function createFailures(): {
  readonly add: (failure: Failure) => void
  readonly clear: () => void
  readonly areEnough: () => boolean
  readonly isAnyLate: () => boolean
} {
  const all = new Set<string | symbol>()
  const late = new Set<string | symbol>()
  return {
    add: ({ what, isLate }) => {
      all.add(what)
      if (isLate) late.add(what)
    },
    clear: () => {
      all.clear()
      late.clear()
    },
    areEnough: () => all.size >= breakerFailures || late.size >= breakerLate,
    isAnyLate: () => late.size > 0,
  }
}

/** Who waits for an answer, and wants to know when none is to be hoped for. */
function createWaiting(): {
  readonly tell: () => void
  readonly until: Breaker['unlessFailing']
} {
  const waiting = new Set<() => void>()
  return {
    tell: () => {
      for (const give of waiting) give()
      waiting.clear()
    },
    until: (work, instead) =>
      new Promise((resolve, reject) => {
        const give = (): void => resolve(instead())
        waiting.add(give)
        void work.then(resolve, reject).finally(() => waiting.delete(give))
      }),
  }
}

function restOf(opened: number): number {
  return Math.min(breakerRestMs * 2 ** (opened - 1), maxBreakerRestMs)
}

/** The breaker of each upstream, by its id. */
export type Breakers = (id: string) => Breaker

/** Breakers that let everything pass. */
export function createBreakers(now: () => number): Breakers {
  const all = new Map<string, Breaker>()
  return (id) => {
    const breaker = all.get(id) ?? createBreaker(now)
    all.set(id, breaker)
    return breaker
  }
}
