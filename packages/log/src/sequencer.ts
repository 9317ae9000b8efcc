// The sequencer: orders calls, runs them one at a time, and has them committed in groups (spec/state.md "Sequencing").
// Stage, commit, publish: staging touches memory only, the commit is one transaction, all after it can be redone.
import {
  type Body,
  type ConfigBody,
  formatBody,
  type GenesisBody,
  parseBody,
  rootsAccount,
  type TakedownBody,
} from '@stele/entries/bodies'
import {
  type CallAnswer,
  type CallRequest,
  CallWaits,
  type ScriptOffers,
} from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { isSteleError, SteleError } from '@stele/errors'
import type { StateProof, StateQuery } from '@stele/state'
import { Committer } from './committer.ts'
import {
  callsPerSnapshot,
  heartbeatMs,
  maxGroupCalls,
  maxGroupMs,
  maxQueuedCalls,
} from './limits.ts'
import { OutsideCalls } from './outside.ts'
import type { Pending, SequenceSource, Staged } from './pending.ts'
import { answerOf, pendingCall } from './pending-call.ts'
import type { Appended, LogPorts, StoredHead } from './ports.ts'
import type { EntryExtras, Stage } from './stage.ts'

/** What an operator signs and submits. */
export type SignedBody = ConfigBody | TakedownBody

/** One log, open for calls: those that wait, and those that have asked outside. What is committed is the Committer's. */
export class Sequencer {
  readonly #ports: LogPorts
  readonly #log: Committer
  readonly #queue: Pending[] = []
  readonly #outside: OutsideCalls | undefined
  /** While groups are run, or the checkpoint is cosigned anew: one at a time. */
  #draining: Promise<void> | undefined
  #closed = false

  private constructor(ports: LogPorts, log: Committer) {
    this.#ports = ports
    this.#log = log
    const queue = (pending: Pending): void => {
      this.#queue.push(pending)
      this.#wake()
    }
    const { outside } = ports
    this.#outside = outside && new OutsideCalls(outside, { origin: log.origin, queue })
  }

  /** Creates the log with its entry 0 and opens it. Throws `log_inconsistent` when the store holds a log already. */
  static async create(
    ports: LogPorts,
    genesis: GenesisBody,
    extras: EntryExtras,
  ): Promise<Sequencer> {
    return new Sequencer(ports, await Committer.create(ports, genesis, extras))
  }

  /**
   * Opens the log that the store holds. Where the tree does not hash to the checkpoint, or the state not to the last
   * leaf, it opens for reading only, and every write throws `log_inconsistent` with the reason.
   */
  static open(ports: LogPorts): Sequencer {
    return new Sequencer(ports, Committer.open(ports))
  }

  get head(): StoredHead {
    return this.#log.head
  }

  get origin(): string {
    return this.#log.origin
  }

  /** Why writes are refused, where they are. */
  get readOnly(): string | undefined {
    return this.#log.readOnly
  }

  /** What the script offers, as it was when the newest entry was made. */
  get offers(): ScriptOffers {
    return this.#log.offers
  }

  /** Refuses every write from now on: what was found outside the log says that it must not go on. */
  stopWrites(reason: string): void {
    if (this.#log.readOnly === undefined) this.#log.refuseWrites(reason)
  }

  /**
   * Runs a call and answers once it is durable. Throws `log_busy`, `log_closed`, `log_inconsistent`, `call_aborted`,
   * `commit_failed`, and `call_unauthorized` for a signature that is not right.
   */
  async submit(request: CallRequest): Promise<CallAnswer> {
    return answerOf(await this.#enqueue(pendingCall(request, this.origin, this.#ports)))
  }

  /** Runs a config or takedown body, made by `make` with its number and signed by the roots in `make`. */
  async submitSigned(
    make: (seq: number) => SignedBody,
    extras: EntryExtras = {},
  ): Promise<Appended> {
    const plan = (stage: SequenceSource): Body => bodyOf(make(stage.nextSequence(rootsAccount)))
    return this.#enqueue({ plan, name: 'settings', alone: true, ...extras })
  }

  /**
   * The committed head and the proof that answers the queries at it, made in short turns. Throws `request_invalid`, and
   * `log_inconsistent` where the state was not found to be the head's.
   */
  async prove(queries: readonly StateQuery[]): Promise<{ head: StoredHead; proof: StateProof }> {
    return this.#log.prove(queries)
  }

  /** Cosigns the checkpoint anew when its time has grown old. Call it every few minutes. */
  async beat(): Promise<void> {
    const oldMs = this.#ports.nowMs() - this.head.clockS * 1000
    if (oldMs < heartbeatMs || this.#draining !== undefined || this.readOnly !== undefined) return
    await this.#holdQueue(this.#log.recosign())
  }

  /** Takes no more calls, and ends when those that wait are answered. */
  async close(): Promise<void> {
    this.#closed = true
    this.#outside?.close()
    while (this.#draining !== undefined) await this.#draining.catch(() => undefined)
    await this.#log.close()
  }

  /**
   * Compares every row of the state with the trie, and refuses writes where one differs: to be done behind each start.
   * `rest` is awaited between two short turns, and ends it by giving false.
   */
  async compareRows(rest: () => Promise<boolean>): Promise<void> {
    if (this.readOnly !== undefined) return
    const fault = await this.#log.compareRows(rest)
    if (fault !== undefined) this.stopWrites(fault)
  }

  #enqueue(pending: Omit<Pending, 'resolve' | 'reject'>): Promise<Appended> {
    if (this.#closed) throw new SteleError('log_closed', { origin: this.origin })
    const { refusal } = this.#log
    if (refusal !== undefined) throw refusal
    if (this.#queue.length >= maxQueuedCalls) {
      const found = { waiting: this.#queue.length, limit: maxQueuedCalls }
      throw new SteleError('log_busy', { ...found, unit: 'calls' })
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...pending, resolve, reject })
      this.#wake()
    })
  }

  #wake(): void {
    if (this.#draining !== undefined || this.#queue.length === 0) return
    void this.#holdQueue(this.#drain())
  }

  /** Holds the queue up until this is done. */
  #holdQueue(work: Promise<void>): Promise<void> {
    const done = work.finally(() => {
      this.#draining = undefined
      this.#wake()
    })
    this.#draining = done
    return done
  }

  async #drain(): Promise<void> {
    await this.#ports.breathe() // Calls that arrived together are committed together.
    while (this.#queue.length > 0) {
      await this.#runGroup()
      await this.#ports.breathe()
    }
  }

  async #runGroup(): Promise<void> {
    if (this.readOnly !== undefined) return this.#refuseQueue()
    // What a takedown takes away cannot be run again: no entry before one may be needed for that.
    const mustKeep = this.#queue[0]?.alone === true
    const unkept = await this.#log.keepMemory(mustKeep ? 1 : callsPerSnapshot)
    if (this.readOnly !== undefined) return this.#refuseQueue()
    if (mustKeep && unkept !== undefined) {
      this.#queue.shift()?.reject(unkept)
      return
    }
    const stage = this.#log.openStage()
    const staged: Staged[] = []
    const { reading = (read) => read() } = this.#ports.store
    reading(() => this.#stageCalls(stage, staged))
    if (staged.length === 0) return this.#log.drop(stage)
    const failure = await this.#log.commit(stage)
    for (const { pending, appended } of staged) {
      if (failure === undefined) pending.resolve(appended)
      else pending.reject(failure)
    }
  }

  #refuseQueue(): void {
    for (const pending of this.#queue.splice(0)) pending.reject(this.#log.refusal)
  }

  #stageCalls(stage: Stage, staged: Staged[]): void {
    const startMs = this.#ports.nowMs()
    while (staged.length < maxGroupCalls && this.#ports.nowMs() - startMs < maxGroupMs) {
      const pending = this.#queue[0]
      if (pending === undefined || (pending.alone && staged.length > 0)) break
      this.#queue.shift()
      try {
        staged.push({ pending, appended: this.#stageOne(stage, pending) })
      } catch (error) {
        const { answers } = pending
        if (error instanceof CallWaits && answers !== undefined && !stage.isBroken) {
          this.#outside?.wait(pending, answers, error.request)
          continue
        }
        this.#reportAbort(pending.name, error)
        // It was not staged, so the log never hears of it.
        pending.reject(stage.fault === undefined ? error : this.#log.refuseWrites(stage.fault))
        if (stage.isBroken) return
      }
      if (pending.alone) break
    }
  }

  #stageOne(stage: Stage, pending: Pending): Appended {
    const nowMs = this.#ports.nowMs()
    const at = { nowMs: pending.answers?.begin(nowMs) ?? nowMs, executor: this.#log.executor }
    return stage.add(pending.plan(stage), at, pending)
  }

  /** Tells the operator of a call that was given up. */
  #reportAbort(method: string, error: unknown): void {
    if (!isSteleError(error, 'call_aborted')) return
    this.#ports.report({ event: 'call_aborted', method, reason: error.details.reason })
  }
}

/** The body with its kind, read back as every auditor will read it: what cannot be read is never logged. */
function bodyOf(signed: SignedBody): Body {
  const kind = 'set' in signed ? entryKinds.config : entryKinds.takedown
  return parseBody(kind, formatBody(signed))
}
