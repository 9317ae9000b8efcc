// Runs calls of a log again, each on the state right before it, and compares what they do with what is recorded.

import { type Body, parseBody } from '@stele/entries/bodies'
import { entryKinds } from '@stele/entries/leaf'
import { formatEffects } from '@stele/entries/parts'
import { applyBody } from '@stele/entries/transition'
import { isSteleError, SteleError } from '@stele/errors'
import type { BlobCache } from './blob-cache.ts'
import type { CallJob, CallOutcome, JobCall } from './call-job.ts'
import { watched } from './call-watch.ts'
import { decode, entryMismatch } from './entry-parts.ts'
import { faultOf } from './faults.ts'
import type { CallWatch, VerifyPorts } from './ports.ts'
import { quoteDifference } from './quote.ts'
import { Scripts } from './scripts.ts'
import type { SharedRows } from './shared-rows.ts'
import { StateView } from './state-view.ts'

/** What a call did: what is recorded, or nothing that can be said, since something that it read is gone. */
type Ran = { readonly right: true } | { readonly right: false; readonly missing: readonly string[] }

type RunnerPorts = Pick<VerifyPorts, 'createExecutor' | 'watch'>

/** Runs jobs, one after the other. */
export class CallRunner {
  readonly #state: StateView
  readonly #blobs: BlobCache
  readonly #scripts: Scripts
  readonly #watch: CallWatch | undefined

  constructor(
    { createExecutor, watch }: RunnerPorts,
    { rows, blobs }: { readonly rows: SharedRows; readonly blobs: BlobCache },
  ) {
    this.#watch = watch
    this.#state = new StateView(rows)
    this.#blobs = blobs
    this.#scripts = new Scripts(createExecutor, blobs)
  }

  /** Runs the job's calls in order, up to the first that is wrong. Throws `engine_unknown`, and what fetching does. */
  async run({ settings, calls }: CallJob): Promise<CallOutcome> {
    let right = 0
    const [unread, missing]: [number[], { blob: string; entry: number }[]] = [[], []]
    for (const call of calls) {
      try {
        const ran = await this.#run(call, settings)
        if (ran.right) right++
        else {
          unread.push(call.index)
          missing.push(...ran.missing.map((blob) => ({ blob, entry: call.index })))
        }
      } catch (error) {
        const fault = faultOf(error)
        if (fault === undefined) throw error
        return { right, unread, missing, fault }
      }
    }
    return { right, unread, missing }
  }

  async #run(call: JobCall, settings: number): Promise<Ran> {
    this.#blobs.trim()
    for (;;) {
      try {
        return watched(this.#watch, call.index, () => this.#runOnce(call, settings))
      } catch (error) {
        // A blob that is not here yet: once it is, the call is run again from its start.
        if (!(await this.#blobs.fetchNeeded(call.index))) throw error
      }
    }
  }

  #runOnce({ index, timeMs, seed, body, effects }: JobCall, settings: number): Ran {
    this.#state.before = index
    const { executor, missing } = this.#scripts.inForce(settings, this.#state)
    if (executor === undefined) return { right: false, missing }
    const parsed: Body = parseBody(entryKinds.call, decode(index, 'its body', body))
    let found: string
    try {
      const done = applyBody(parsed, { state: this.#state, executor, timeMs, seed })
      found = formatEffects(done.effects)
    } catch (error) {
      this.#blobs.refuseNeed()
      if (this.#state.takeMetWithheld()) return { right: false, missing: [] }
      const absent = [...this.#scripts.absent]
      if (absent.length > 0) return { right: false, missing: absent }
      if (!isSteleError(error)) throw error
      if (isSteleError(error, 'call_aborted')) {
        const { reason } = error.details // No result of the script: this machine's own lack, say.
        throw new SteleError('entry_not_run', { entry: index, reason }, { cause: error })
      }
      const wanted = 'one that can be replayed'
      throw entryMismatch(index, { what: 'its body', found: error.message, wanted }, error)
    }
    this.#blobs.refuseNeed()
    if (this.#state.takeMetWithheld()) return { right: false, missing: [] }
    if (Buffer.compare(effects, Buffer.from(found)) === 0) return { right: true }
    const absent = [...this.#scripts.absent]
    if (absent.length > 0) return { right: false, missing: absent }
    const recorded = decode(index, 'its effects', effects)
    throw entryMismatch(index, { what: 'its effects', ...quoteDifference(recorded, found) })
  }
}
