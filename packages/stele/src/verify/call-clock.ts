// When each thread of a verification began the call that it is in, in memory that they share: a thread that a script keeps busy
// answers no message, so only another one can tell that it takes too long.
import type { VerifyPorts } from '@stele/audit'

/** Of each thread: the entry, and when its call began (0: it is in none). */
const numbersPerThread = 2

/** The memory for so many threads. */
export function createCallClock(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * numbersPerThread * Float64Array.BYTES_PER_ELEMENT)
}

/** One thread's place in it. */
export function watchCalls(
  memory: SharedArrayBuffer,
  thread: number,
): NonNullable<VerifyPorts['watch']> {
  const times = new Float64Array(memory)
  const at = thread * numbersPerThread
  return {
    enter(entry) {
      times[at] = entry
      times[at + 1] = monotonicMs()
    },
    leave() {
      times[at + 1] = 0
    },
  }
}

/** The entry whose call has been running for longer than `limitMs`, undefined where none has. */
export function findOverdue(memory: SharedArrayBuffer, limitMs: number): number | undefined {
  const times = new Float64Array(memory)
  const nowMs = monotonicMs()
  for (let at = 0; at < times.length; at += numbersPerThread) {
    const [entry, startMs = 0] = times.subarray(at, at + numbersPerThread)
    if (startMs > 0 && nowMs - startMs > limitMs) return entry
  }
  return undefined
}

/** The same in every thread, and no clock that is set can move it. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
