// Whether a service still answers: a thread that is stuck outside a call says nothing, and nobody ends it.
import { maxPingMs, maxUnansweredMs } from './limits.ts'

/** What is asked of the thread, and how long it may take. Times in milliseconds. */
export type HealthPorts = {
  /** Settles, either way, as soon as the thread answers. */
  readonly ping: () => Promise<unknown>
  /** For how long the oldest call waits. */
  readonly oldestCallMs: () => number
  readonly pingMs?: number
}

/**
 * Gives why the service is said not to answer, undefined where it does. Resolves within `pingMs`; one ping runs at a time, whoever asks.
 */
export function createHealthCheck({
  ping,
  oldestCallMs,
  pingMs = maxPingMs,
}: HealthPorts): () => Promise<string | undefined> {
  let running: Promise<string | undefined> | undefined
  let late: string | undefined
  const run = (): Promise<string | undefined> => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const timer = setTimeout(() => {
      late = `it has not answered for ${pingMs / 1000} s`
      resolve(late)
    }, pingMs)
    const answered = (): void => {
      clearTimeout(timer)
      running = late = undefined
      resolve(undefined)
    }
    ping().then(answered, answered) // A refusal is an answer, and says why elsewhere.
    return promise
  }
  return async () => {
    const waitedMs = oldestCallMs()
    if (waitedMs > maxUnansweredMs) {
      return `a call has waited for its answer for ${Math.floor(waitedMs / 1000)} s`
    }
    if (late !== undefined) return late
    running ??= run()
    return running
  }
}
