// Counts tries by key in fixed windows, and refuses those beyond the limit. The clock is given.
import { SteleError } from '@stele/errors'
import { maxRateKeys, type RateLimit } from './limits.ts'

/** Counts tries by key. */
export type RateLimiter = {
  /** Counts one try. Throws rate_limited, with the seconds until the window ends. */
  readonly take: (key: string) => void
  /** Takes one try back: it was none that the limit is about. */
  readonly giveBack: (key: string) => void
}

type Window = { count: number; readonly endMs: number }

/** A limiter of `what` (plural, for the message). It remembers a bounded number of keys. */
export function createRateLimiter(what: string, limit: RateLimit, now: () => number): RateLimiter {
  const windows = new Map<string, Window>()
  return {
    take: (key) => {
      const nowMs = now()
      const window = openWindow(windows, key, { nowMs, windowMs: limit.windowMs })
      if (window.count >= limit.limit) {
        const retryAfterS = Math.max(1, Math.ceil((window.endMs - nowMs) / 1000))
        throw new SteleError('rate_limited', { what, retryAfterS })
      }
      window.count++
    },
    giveBack: (key) => {
      const window = windows.get(key)
      if (window !== undefined && window.count > 0) window.count--
    },
  }
}

function openWindow(
  windows: Map<string, Window>,
  key: string,
  time: { readonly nowMs: number; readonly windowMs: number },
): Window {
  const known = windows.get(key)
  // A clock that jumped back must not keep a key out for longer than one window.
  if (
    known !== undefined &&
    time.nowMs < known.endMs &&
    known.endMs <= time.nowMs + time.windowMs
  ) {
    return known
  }
  windows.delete(key)
  for (const [oldest, window] of windows) {
    if (windows.size < maxRateKeys && window.endMs > time.nowMs) break
    windows.delete(oldest)
  }
  const window = { count: 0, endMs: time.nowMs + time.windowMs }
  windows.set(key, window)
  return window
}
