// Hands calls out to whoever runs them: other threads first, and this one when they have their hands full.
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type CallJob,
  type CallOutcome,
  type JobCall,
  JobDraft,
  type RemoteRunner,
} from './call-job.ts'
import type { CallRunner } from './call-runner.ts'
import { entryOf, type Fault } from './faults.ts'
import { jobsPerRunner, maxWaitingJobs } from './limits.ts'
import type { SharedRows } from './shared-rows.ts'

type QueuePorts = {
  readonly local: CallRunner
  readonly remote: readonly RemoteRunner[]
  readonly rows: SharedRows
  readonly heard: (outcome: CallOutcome) => void
}

/** The calls that wait to be run, and those that are being run. */
export class CallQueue {
  readonly #ports: QueuePorts
  #draft: JobDraft | undefined
  readonly #waiting: CallJob[] = []
  readonly #running = new Map<CallJob, Promise<void>>()
  readonly #hands: { readonly runner: RemoteRunner; busy: number }[]
  #fault: Fault | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(ports: QueuePorts) {
    this.#ports = ports
    this.#hands = ports.remote.map((runner) => ({ runner, busy: 0 }))
  }

  /** The first call that was found wrong; others before it may still be running. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  /** Takes a call whose effects were carried on. `settings` is the entry that put its script in force. */
  add(call: JobCall, settings: number): void {
    if (this.#draft?.settings !== settings) this.#seal()
    this.#draft ??= new JobDraft(settings)
    this.#draft.add(call)
    if (this.#draft.isFull) this.#seal()
  }

  /** Lets others go on; runs calls here while too many wait. Throws what kept a call from being run. */
  async breathe(): Promise<void> {
    await nextTurn()
    while (this.#waiting.length > maxWaitingJobs) await this.#runHere()
    this.#ports.rows.recycle(this.#oldest())
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits until every call was run. Throws what kept one from being run. */
  async settle(): Promise<void> {
    this.#seal()
    while (this.#waiting.length > 0) await this.#runHere()
    await Promise.all(this.#running.values())
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** The first entry that a job which is not done needs the state of. */
  #oldest(): number {
    const jobs = [...this.#running.keys(), ...this.#waiting]
    const drafted = this.#draft === undefined ? [] : [this.#draft.from]
    return Math.min(
      Number.MAX_SAFE_INTEGER,
      ...drafted,
      ...jobs.map(({ calls }) => calls[0]?.index ?? 0),
    )
  }

  #seal(): void {
    if (this.#draft === undefined) return
    this.#waiting.push(this.#draft.seal())
    this.#draft = undefined
    this.#handOut()
  }

  #handOut(): void {
    for (const hand of this.#hands) {
      while (hand.busy < jobsPerRunner && this.#waiting.length > 0) {
        const job = this.#waiting.shift()
        if (job === undefined) return
        hand.busy++
        const done = this.#follow(job, hand.runner).finally(() => {
          hand.busy--
          this.#running.delete(job)
          this.#handOut()
        })
        this.#running.set(job, done)
      }
    }
  }

  async #runHere(): Promise<void> {
    const job = this.#waiting.shift()
    if (job === undefined) return
    const done = this.#follow(job, this.#ports.local)
    this.#running.set(job, done)
    await done
    this.#running.delete(job)
    if (this.#hands.length > 0) await nextTurn()
  }

  async #follow(job: CallJob, runner: RemoteRunner): Promise<void> {
    try {
      if (this.#fault !== undefined && entryOf(this.#fault) < (job.calls[0]?.index ?? 0)) return
      const outcome = await runner.run(job)
      this.#ports.heard(outcome)
      const { fault } = outcome
      if (fault === undefined) return
      if (this.#fault === undefined || entryOf(fault) < entryOf(this.#fault)) this.#fault = fault
    } catch (error) {
      this.#failure ??= { error }
    }
  }
}
