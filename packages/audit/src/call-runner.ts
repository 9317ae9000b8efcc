// Runs calls of a log again, each on the state right before it, and compares what they do with what is recorded.

import { parseBody } from '@stele/entries/bodies'
import { entryKinds } from '@stele/entries/leaf'
import type { BlobCache } from './blob-cache.ts'
import type { CallJob, CallOutcome, JobCall } from './call-job.ts'
import { watched } from './call-watch.ts'
import { decode } from './entry-parts.ts'
import { faultOf } from './faults.ts'
import type { CallWatch, VerifyPorts } from './ports.ts'
import { runBody } from './run-body.ts'
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
    const parsed = parseBody(entryKinds.call, decode(index, 'its body', body))
    const { absent } = this.#scripts
    const ground = { state: this.#state, blobs: this.#blobs, executor, absent }
    const ran = runBody({ index, timeMs, seed, body: parsed, effects }, ground)
    if (ran.kind === 'done') return { right: true }
    return { right: false, missing: ran.kind === 'absent' ? ran.blobs : [] }
  }
}
