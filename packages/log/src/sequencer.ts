// The sequencer: orders calls, runs them one at a time, and commits them in groups (spec/state.md "Sequencing").
// Stage, commit, publish: staging touches memory only, the commit is one transaction, all after it can be redone.
import { type Body, type GenesisBody, rootsAccount } from '@stele/entries/bodies'
import {
  type CallAnswer,
  type CallRequest,
  CallWaits,
  type Executor,
  noScript,
  settingsInForce,
} from '@stele/entries/calls'
import { parseLeaf } from '@stele/entries/leaf'
import { SteleError } from '@stele/errors'
import type { StateProof, StateQuery, Trie } from '@stele/state'
import type { Frontier } from '@stele/tlog/tree'
import { BundleEdge, stageDigests } from './bundle-edge.ts'
import { checkedState } from './checked-state.ts'
import { createClockWatch } from './clock-watch.ts'
import { compareRows } from './compare-rows.ts'
import {
  bodyOf,
  groupOf,
  newStage,
  outcomeOf,
  reasonOf,
  reportAbort,
  type SignedBody,
  stageGenesis,
} from './group.ts'
import { newestLeaf, signHead } from './head.ts'
import {
  callsPerSnapshot,
  heartbeatMs,
  maxGroupCalls,
  maxGroupMs,
  maxQueuedCalls,
} from './limits.ts'
import { restoreMemory } from './memory.ts'
import { OutsideCalls } from './outside.ts'
import type { Offers, Pending, SequenceSource, Staged } from './pending.ts'
import { answerOf, pendingCall } from './pending-call.ts'
import type { Appended, LogPorts, LogStore, StoredHead } from './ports.ts'
import { type Opened, recover } from './recover.ts'
import { Snapshots } from './snapshots.ts'
import type { EntryExtras, Stage } from './stage.ts'
import type { SavedTrie } from './trie-snapshot.ts'

/** One log, open for calls. It owns the trie, the right edge of the tree and the script. */
export class Sequencer {
  readonly #ports: LogPorts
  readonly #trie: Trie
  #frontier: Frontier
  #head: StoredHead
  #executor: Executor
  readonly #snapshots: Snapshots
  readonly #edge: BundleEdge
  readonly #queue: Pending[] = []
  readonly #outside: OutsideCalls | undefined
  #draining: Promise<void> | undefined
  #callsSinceSnapshot = 0
  #closed = false
  readonly #watchClock: ReturnType<typeof createClockWatch>
  #readOnly: string | undefined
  /** False where the trie is not what the head says. */
  #isTrusted = true

  private constructor(ports: LogPorts, opened: Opened) {
    this.#ports = ports
    this.#watchClock = createClockWatch(ports.report)
    this.#trie = opened.trie
    this.#frontier = opened.frontier
    this.#head = opened.head
    this.#executor = opened.executor
    this.#snapshots = new Snapshots(ports, opened.snapshotSize)
    this.#edge = new BundleEdge(ports.store.entries, ports.edgeBytes)
    const queue = (pending: Pending): void => {
      this.#queue.push(pending)
      this.#wake()
    }
    const { outside } = ports
    this.#outside = outside && new OutsideCalls(outside, { origin: this.origin, queue })
  }

  /** Creates the log with its entry 0 and opens it. Throws `log_inconsistent` when the store holds a log already. */
  static async create(
    ports: LogPorts,
    genesis: GenesisBody,
    extras: EntryExtras,
  ): Promise<Sequencer> {
    if (ports.store.head() !== undefined) {
      throw new SteleError('log_inconsistent', { origin: genesis.origin, reason: 'it exists' })
    }
    const { trie, frontier, head, executor, stage } = stageGenesis(ports, genesis, extras)
    await ports.store.commit(groupOf(undefined, head, { stage, executor }))
    trie.commit()
    return new Sequencer(ports, { trie, frontier, head, executor, snapshotSize: 0 })
  }

  /**
   * Opens the log that the store holds. Where the tree does not hash to the checkpoint, or the state not to the last
   * leaf, it opens for reading only, and every write throws `log_inconsistent` with the reason.
   */
  static open(ports: LogPorts): Sequencer {
    const { fault, ...opened } = recover(ports)
    const sequencer = new Sequencer(ports, { ...opened, executor: noScript })
    sequencer.#isTrusted = fault === undefined
    const scriptFault = fault ?? sequencer.#startScript() ?? sequencer.#restoreMemory()
    if (scriptFault !== undefined) sequencer.#refuseWrites(scriptFault)
    return sequencer
  }

  get head(): StoredHead {
    return this.#head
  }

  /** Why writes are refused, where they are. */
  get readOnly(): string | undefined {
    return this.#readOnly
  }

  /** What the script offers, as it was when the newest entry was made. */
  get offers(): Offers {
    const { methods, anonymous } = this.#executor
    return { methods: methods?.() ?? [], anonymous: anonymous?.() ?? false }
  }

  /** Refuses every write from now on: what was found outside the log says that it must not go on. */
  stopWrites(reason: string): void {
    if (this.#readOnly === undefined) this.#refuseWrites(reason)
  }

  get origin(): string {
    return this.#ports.signers[0]?.name ?? ''
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
    if (!this.#isTrusted) throw this.#inconsistent(this.#readOnly ?? '')
    const head = this.#head
    const steps = this.#trie.proveInSteps(queries)
    for (;;) {
      const step = steps.next() // The first one pins the version that the head is of.
      if (step.done === true) return { head, proof: step.value }
      await this.#ports.breathe()
    }
  }

  /** Cosigns the checkpoint anew when its time has grown old. Call it every few minutes. */
  async beat(): Promise<void> {
    const oldMs = this.#ports.nowMs() - this.#head.clockS * 1000
    if (oldMs < heartbeatMs || this.#draining !== undefined || this.#readOnly !== undefined) return
    this.#draining = this.#recosign().finally(() => {
      this.#draining = undefined
      this.#wake()
    })
    await this.#draining
  }

  /** Takes no more calls, and ends when those that wait are answered. */
  async close(): Promise<void> {
    this.#closed = true
    this.#outside?.close()
    while (this.#draining !== undefined) await this.#draining.catch(() => undefined)
    if (this.#readOnly === undefined) await this.#keepMemory(1)
    await this.#snapshots.stop(this.#readOnly === undefined ? this.#saved() : undefined)
  }

  /**
   * Compares every row of the state with the trie, and refuses writes where one differs: to be done behind each start.
   * `rest` is awaited between two short turns, and ends it by giving false.
   */
  async compareRows(rest: () => Promise<boolean>): Promise<void> {
    if (this.#readOnly !== undefined) return
    const fault = await compareRows(this.#ports.store, this.#trie, rest).catch(reasonOf)
    if (fault !== undefined) this.stopWrites(fault)
  }

  #enqueue(pending: Omit<Pending, 'resolve' | 'reject'>): Promise<Appended> {
    if (this.#closed) throw new SteleError('log_closed', { origin: this.origin })
    if (this.#readOnly !== undefined) throw this.#inconsistent(this.#readOnly)
    if (this.#queue.length >= maxQueuedCalls) {
      throw new SteleError('log_busy', { queued: this.#queue.length, limit: maxQueuedCalls })
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...pending, resolve, reject })
      this.#wake()
    })
  }

  #wake(): void {
    if (this.#draining !== undefined || this.#queue.length === 0) return
    this.#draining = this.#drain().finally(() => {
      this.#draining = undefined
      this.#wake()
    })
  }

  async #drain(): Promise<void> {
    await this.#ports.breathe() // Calls that arrived together are committed together.
    while (this.#queue.length > 0) {
      await this.#runGroup()
      await this.#ports.breathe()
    }
  }

  async #runGroup(): Promise<void> {
    if (this.#readOnly !== undefined) return this.#refuseQueue(this.#readOnly)
    // What a takedown takes away cannot be run again: no entry before one may be needed for that.
    const mustKeep = this.#queue[0]?.alone === true
    const unkept = await this.#keepMemory(mustKeep ? 1 : callsPerSnapshot)
    if (this.#readOnly !== undefined) return this.#refuseQueue(this.#readOnly)
    if (mustKeep && unkept !== undefined) {
      this.#queue.shift()?.reject(unkept)
      return
    }
    const stage = this.#newStage()
    const staged: Staged[] = []
    const { reading = (read) => read() } = this.#ports.store
    reading(() => this.#stageCalls(stage, staged))
    if (staged.length === 0) {
      if (stage.isBroken) this.#undo()
      else this.#trie.rollback()
      return
    }
    const failure = await this.#finish(stage)
    for (const { pending, appended } of staged) {
      if (failure === undefined) pending.resolve(appended)
      else pending.reject(failure)
    }
  }

  #refuseQueue(reason: string): void {
    for (const pending of this.#queue.splice(0)) pending.reject(this.#inconsistent(reason))
  }

  async #recosign(): Promise<void> {
    const failure = await this.#commit(this.#newStage())
    if (failure !== undefined) throw failure
  }

  #newStage(): Stage {
    this.#trie.begin()
    const lastTimeMs = parseLeaf(this.#head.leaf).timeMs
    this.#watchClock(this.#ports.nowMs(), lastTimeMs)
    return newStage(this.#ports, { trie: this.#trie, frontier: this.#frontier.copy(), lastTimeMs })
  }

  /** Logs the memory's digest and keeps a snapshot, once so many calls have come since the last one, or the bundle is large. */
  async #keepMemory(leastCalls: number): Promise<SteleError | undefined> {
    const [executor, { memory }] = [this.#executor, this.#executor]
    while (memory !== undefined) {
      const wanted = this.#edge.wanted(this.#head.size, this.#callsSinceSnapshot >= leastCalls)
      if (wanted === undefined) break
      const stage = this.#newStage()
      stageDigests(stage, wanted.count, { nowMs: this.#ports.nowMs(), executor })
      if (wanted.isLast) stage.snapshot = memory.snapshot()
      const failure = await this.#commit(stage)
      if (failure !== undefined) return failure
      if (wanted.isLast) this.#callsSinceSnapshot = 0
    }
    return undefined
  }

  /** Makes what runs calls from the settings in force. Gives why that cannot be, where it cannot. */
  #startScript(): string | undefined {
    try {
      this.#executor = this.#ports.createExecutor(settingsInForce(this.#store()))
      return undefined
    } catch (error) {
      return `its script cannot be started: ${reasonOf(error)}`
    }
  }

  /** Brings a fresh script's memory to where the committed log is. Gives what went wrong, if something did. */
  #restoreMemory(): string | undefined {
    const { calls, fault } = restoreMemory(this.#store(), this.#executor, this.#head.size)
    this.#callsSinceSnapshot = calls
    return fault
  }

  /** A stage that broke half-way through an entry is dropped whole, as if the commit had failed. */
  async #finish(stage: Stage): Promise<SteleError | undefined> {
    if (!stage.isBroken) return this.#commit(stage)
    this.#undo()
    return new SteleError('commit_failed', { reason: 'another call of the group broke it' })
  }

  #stageCalls(stage: Stage, staged: Staged[]): void {
    const startMs = this.#ports.nowMs()
    while (staged.length < maxGroupCalls && this.#ports.nowMs() - startMs < maxGroupMs) {
      const pending = this.#queue[0]
      if (pending === undefined || (pending.alone && staged.length > 0)) break
      this.#queue.shift()
      try {
        const nowMs = this.#ports.nowMs()
        const at = { nowMs: pending.answers?.begin(nowMs) ?? nowMs, executor: this.#executor }
        staged.push({ pending, appended: stage.add(pending.plan(stage), at, pending) })
        this.#callsSinceSnapshot++
      } catch (error) {
        const { answers } = pending
        if (error instanceof CallWaits && answers !== undefined && !stage.isBroken) {
          this.#outside?.wait(pending, answers, error.request)
          continue
        }
        reportAbort(this.#ports, pending.name, error)
        // It was not staged, so the log never hears of it.
        pending.reject(stage.fault === undefined ? error : this.#refuseWrites(stage.fault))
        if (stage.isBroken) return
      }
      if (pending.alone) break
    }
  }

  /** The commit point. Gives the error that the callers get, or nothing. */
  async #commit(stage: Stage): Promise<SteleError | undefined> {
    const startMs = this.#ports.nowMs()
    const { store } = this.#ports
    let head: StoredHead | undefined
    try {
      const newest = stage.newest ?? newestLeaf(store, stage.frontier, this.#head)
      head = signHead(this.#ports, this.origin, newest)
      await store.commit(groupOf(this.#head, head, { stage, executor: this.#executor }))
    } catch (cause) {
      const failure = this.#settle(head, cause)
      if (failure !== undefined || head === undefined) {
        this.#undo()
        return failure
      }
    }
    this.#trie.commit()
    this.#frontier = stage.frontier
    this.#head = head
    this.#snapshots.committed(this.#saved())
    const fault = stage.changesScript ? this.#startScript() : undefined
    if (fault !== undefined) this.#refuseWrites(fault)
    const [calls, tookMs] = [stage.entries.length, this.#ports.nowMs() - startMs]
    this.#ports.report({ event: 'commit', size: head.size, calls, tookMs })
    return undefined
  }

  /** Forgets a group that is not in the log; a script with a memory has to be brought back to where the log is. */
  #undo(): void {
    this.#trie.rollback()
    if (this.#executor.memory === undefined || this.#readOnly !== undefined) return
    const fault = this.#startScript() ?? this.#restoreMemory()
    if (fault !== undefined) this.#refuseWrites(fault)
  }

  /** After a failed commit the store alone knows what is true: committed after all, undone, or neither. */
  #settle(planned: StoredHead | undefined, cause: unknown): SteleError | undefined {
    const reason = reasonOf(cause)
    this.#ports.report({ event: 'commit_failed', reason })
    const found = outcomeOf(this.#ports.store, { planned, before: this.#head })
    if (found === 'committed') return undefined
    if (found === 'undone') return new SteleError('commit_failed', { reason }, { cause })
    return this.#refuseWrites(found.fault)
  }

  #refuseWrites(reason: string): SteleError {
    this.#readOnly = reason
    this.#ports.report({ event: 'read_only', reason })
    return this.#inconsistent(reason)
  }

  #inconsistent(reason: string): SteleError {
    return new SteleError('log_inconsistent', { origin: this.origin, reason })
  }

  /** The store, whose state is read as far as the trie agrees. */
  #store(): LogStore {
    const { store } = this.#ports
    return { ...store, ...checkedState(store, this.#trie, (reason) => this.#inconsistent(reason)) }
  }

  #saved(): SavedTrie {
    return { trie: this.#trie, head: this.#head, origin: this.origin }
  }
}
