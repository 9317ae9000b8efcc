// The committed log, and the only code that moves it on: its trie, the right edge of its tree, its signed head, its script.
// The commit is one transaction; after it failed the store alone says what is true. The queue before it is the sequencer's.
import type { GenesisBody } from '@stele/entries/bodies'
import { type Executor, noScript, type ScriptOffers, settingsInForce } from '@stele/entries/calls'
import { parseLeaf } from '@stele/entries/leaf'
import { reasonOf, SteleError } from '@stele/errors'
import type { StateProof, StateQuery, Trie } from '@stele/state'
import type { Frontier } from '@stele/tlog/tree'
import { BundleEdge, stageDigests } from './bundle-edge.ts'
import { checkedState } from './checked-state.ts'
import { createClockWatch } from './clock-watch.ts'
import { compareRows } from './compare-rows.ts'
import { stageGenesis } from './genesis.ts'
import { newestLeaf, signHead } from './head.ts'
import { restoreMemory } from './memory.ts'
import type { CommitGroup, LogPorts, LogStore, StoredHead } from './ports.ts'
import { type Opened, recover } from './recover.ts'
import { Snapshots } from './snapshots.ts'
import { type EntryExtras, openStage, type Stage } from './stage.ts'
import type { SavedTrie } from './trie-snapshot.ts'

/** One committed log. At most one stage of it is open at a time: it ends with `commit` or `drop`. */
export class Committer {
  readonly #ports: LogPorts
  readonly #trie: Trie
  #frontier: Frontier
  #head: StoredHead
  #executor: Executor
  readonly #snapshots: Snapshots
  readonly #edge: BundleEdge
  #entriesSinceSnapshot = 0
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
  }

  /** Commits entry 0. Throws `log_inconsistent` when the store holds a log already. */
  static async create(
    ports: LogPorts,
    genesis: GenesisBody,
    extras: EntryExtras,
  ): Promise<Committer> {
    if (ports.store.head() !== undefined) {
      throw new SteleError('log_inconsistent', { origin: genesis.origin, reason: 'it exists' })
    }
    const { trie, frontier, head, executor, stage } = stageGenesis(ports, genesis, extras)
    await ports.store.commit(groupOf(undefined, head, { stage, executor }))
    trie.commit()
    return new Committer(ports, { trie, frontier, head, executor, snapshotSize: 0 })
  }

  /** Opens what the store holds; where that is not what its head says, for reading only. */
  static open(ports: LogPorts): Committer {
    const { fault, ...opened } = recover(ports)
    const committer = new Committer(ports, { ...opened, executor: noScript })
    committer.#isTrusted = fault === undefined
    const scriptFault = fault ?? committer.#startScript() ?? committer.#restoreMemory()
    if (scriptFault !== undefined) committer.refuseWrites(scriptFault)
    return committer
  }

  get head(): StoredHead {
    return this.#head
  }

  get origin(): string {
    return this.#ports.signers[0]?.name ?? ''
  }

  /** What runs calls now. */
  get executor(): Executor {
    return this.#executor
  }

  get offers(): ScriptOffers {
    const { methods, anonymous } = this.#executor
    return { methods: methods?.() ?? [], anonymous: anonymous?.() ?? false }
  }

  /** Why writes are refused, where they are. */
  get readOnly(): string | undefined {
    return this.#readOnly
  }

  /** What a write is refused with, where writes are. */
  get refusal(): SteleError | undefined {
    return this.#readOnly === undefined ? undefined : this.#inconsistent(this.#readOnly)
  }

  /** Refuses every write from now on. */
  refuseWrites(reason: string): SteleError {
    this.#readOnly = reason
    this.#ports.report({ event: 'read_only', reason })
    return this.#inconsistent(reason)
  }

  /** Opens a stage over what is committed. */
  openStage(): Stage {
    this.#trie.begin()
    const lastTimeMs = parseLeaf(this.#head.leaf).timeMs
    this.#watchClock(this.#ports.nowMs(), lastTimeMs)
    return openStage(this.#ports, {
      trie: this.#trie,
      frontier: this.#frontier.copy(),
      lastTimeMs,
    })
  }

  /** Forgets a stage that holds nothing to be committed. */
  drop(stage: Stage): void {
    if (stage.isBroken) this.#undo()
    else this.#trie.rollback()
  }

  /** The commit point. Gives the error that the callers get, or nothing. A stage that broke half-way is dropped whole. */
  async commit(stage: Stage): Promise<SteleError | undefined> {
    if (stage.isBroken) {
      this.#undo()
      return new SteleError('commit_failed', { reason: 'another call of the group broke it' })
    }
    this.#entriesSinceSnapshot += stage.entries.length
    return this.#commit(stage)
  }

  /** Signs the same tree again, by a clock of now. */
  async recosign(): Promise<void> {
    const failure = await this.#commit(this.openStage())
    if (failure !== undefined) throw failure
  }

  /** Logs the memory's digest and keeps a snapshot, once so many entries have come since the last one, or the bundle is large. */
  async keepMemory(leastEntries: number): Promise<SteleError | undefined> {
    const executor = this.#executor
    const { memory } = executor
    while (memory !== undefined) {
      const isDue = this.#entriesSinceSnapshot >= leastEntries
      const wanted = this.#edge.wanted(this.#head.size, isDue)
      if (wanted === undefined) break
      const stage = this.openStage()
      stageDigests(stage, wanted.count, { nowMs: this.#ports.nowMs(), executor })
      if (wanted.isLast) stage.snapshot = memory.snapshot()
      const failure = await this.#commit(stage)
      if (failure !== undefined) return failure
      if (wanted.isLast) this.#entriesSinceSnapshot = 0
    }
    return undefined
  }

  /** As `Sequencer.prove`. */
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

  /** As `Sequencer.compareRows`; gives what differs. */
  async compareRows(rest: () => Promise<boolean>): Promise<string | undefined> {
    return compareRows(this.#ports.store, this.#trie, rest).catch(reasonOf)
  }

  /** Keeps what makes the next start short. */
  async close(): Promise<void> {
    if (this.#readOnly === undefined) await this.keepMemory(1)
    await this.#snapshots.stop(this.#readOnly === undefined ? this.#saved() : undefined)
  }

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
    if (fault !== undefined) this.refuseWrites(fault)
    const [calls, tookMs] = [stage.entries.length, this.#ports.nowMs() - startMs]
    this.#ports.report({ event: 'commit', size: head.size, calls, tookMs })
    return undefined
  }

  /** Forgets a group that is not in the log; a script with a memory has to be brought back to where the log is. */
  #undo(): void {
    this.#trie.rollback()
    if (this.#executor.memory === undefined || this.#readOnly !== undefined) return
    const fault = this.#startScript() ?? this.#restoreMemory()
    if (fault !== undefined) this.refuseWrites(fault)
  }

  /** After a failed commit the store alone knows what is true: committed after all, undone, or neither. */
  #settle(planned: StoredHead | undefined, cause: unknown): SteleError | undefined {
    const reason = reasonOf(cause)
    this.#ports.report({ event: 'commit_failed', reason })
    const found = outcomeOf(this.#ports.store, { planned, before: this.#head })
    if (found === 'committed') return undefined
    if (found === 'undone') return new SteleError('commit_failed', { reason }, { cause })
    return this.refuseWrites(found.fault)
  }

  /** Makes what runs calls from the settings in force. Gives why that cannot be, where it cannot. */
  #startScript(): string | undefined {
    try {
      this.#executor = this.#ports.createExecutor(settingsInForce(this.#checkedStore()))
      return undefined
    } catch (error) {
      return `its script cannot be started: ${reasonOf(error)}`
    }
  }

  /** Brings a fresh script's memory to where the committed log is. Gives what went wrong, if something did. */
  #restoreMemory(): string | undefined {
    const { calls, fault } = restoreMemory(this.#checkedStore(), this.#executor, this.#head.size)
    this.#entriesSinceSnapshot = calls
    return fault
  }

  /** The store, whose state is read as far as the trie agrees. */
  #checkedStore(): LogStore {
    const { store } = this.#ports
    return { ...store, ...checkedState(store, this.#trie, (reason) => this.#inconsistent(reason)) }
  }

  #saved(): SavedTrie {
    return { trie: this.#trie, head: this.#head, origin: this.origin }
  }

  #inconsistent(reason: string): SteleError {
    return new SteleError('log_inconsistent', { origin: this.origin, reason })
  }
}

/** What the store commits of a stage. */
function groupOf(
  previous: StoredHead | undefined,
  head: StoredHead,
  { stage, executor }: { readonly stage: Stage; readonly executor: Executor },
): CommitGroup {
  const { entries, hashes, blobs, logged, withhold, snapshot } = stage
  const [rows, sequences] = [stage.rows(), stage.sequences()]
  const kept = { entries, hashes, rows, sequences, blobs, logged, withhold }
  return { previous, head, ...kept, keepsUndo: executor.memory !== undefined, snapshot }
}

/** What became of a commit that failed, as the store's head says. */
function outcomeOf(
  store: Pick<LogStore, 'head'>,
  { planned, before }: { readonly planned: StoredHead | undefined; readonly before: StoredHead },
): 'committed' | 'undone' | { readonly fault: string } {
  let found: StoredHead | undefined
  try {
    found = store.head()
  } catch (unreadable) {
    return { fault: `its store cannot be read after a failed commit: ${String(unreadable)}` }
  }
  if (planned !== undefined && isSameCommit(found, planned)) return 'committed'
  if (isSameCommit(found, before)) return 'undone'
  return { fault: 'its head is neither the one before nor the one after a failed commit' }
}

/** A heartbeat changes only the note. */
function isSameCommit(a: StoredHead | undefined, b: StoredHead): boolean {
  return a !== undefined && a.checkpoint === b.checkpoint
}
