// A batch of calls to be run, as bytes that can be handed to another thread, and what came of them.
import type { Fault } from './faults.ts'
import { callsPerJob } from './limits.ts'

/** A call as its leaf commits to it. `body` and `effects` are the parts' bytes behind their salts. */
export type JobCall = {
  readonly index: number
  readonly timeMs: number
  /** The body's hash, which feeds `Math.random`. */
  readonly seed: Uint8Array
  readonly body: Uint8Array
  readonly effects: Uint8Array
}

/** Calls under one script. */
export type CallJob = {
  /** The entry that put the script in force. */
  readonly settings: number
  readonly calls: readonly JobCall[]
}

/** What came of a job. Every call stands in `fault`, in a list, or was right. */
export type CallOutcome = {
  /** Calls that did what is recorded. */
  readonly right: number
  /** Calls that read a value or a blob which is not there any more. */
  readonly unread: readonly number[]
  readonly missing: readonly { readonly blob: string; readonly entry: number }[]
  /** The first call that did something else; those behind it were not run. */
  readonly fault?: Fault
}

/** Runs jobs elsewhere. */
export type RemoteRunner = { readonly run: (job: CallJob) => Promise<CallOutcome> }

/** Gathers calls, and copies their bytes together: a message would copy whole bundles. */
export class JobDraft {
  readonly settings: number
  readonly #calls: JobCall[] = []

  constructor(settings: number) {
    this.settings = settings
  }

  /** The first entry that was drafted. */
  get from(): number {
    return this.#calls[0]?.index ?? 0
  }

  get isFull(): boolean {
    return this.#calls.length >= callsPerJob
  }

  add(call: JobCall): void {
    this.#calls.push(call)
  }

  /** The job, its bytes in one buffer of its own. */
  seal(): CallJob {
    const parts = this.#calls.flatMap(({ seed, body, effects }) => [seed, body, effects])
    const size = parts.reduce((sum, { length }) => sum + length, 0)
    const buffer = Buffer.allocUnsafeSlow(size)
    let at = 0
    const copy = (bytes: Uint8Array): Uint8Array => {
      buffer.set(bytes, at)
      at += bytes.length
      return buffer.subarray(at - bytes.length, at)
    }
    const calls = this.#calls.map(({ index, timeMs, seed, body, effects }) => ({
      index,
      timeMs,
      seed: copy(seed),
      body: copy(body),
      effects: copy(effects),
    }))
    return { settings: this.settings, calls }
  }
}
