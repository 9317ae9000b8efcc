// Replays entries one by one: carries on what they wrote, checks every hash on the way, and has their calls run again, here or
// by other threads: by induction, the state that was carried to an entry is the one that its call saw.

import { changesScript } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { type EffectWrite, parseEffects } from '@stele/entries/parts'
import { logObject, readLogRow, type Transition } from '@stele/entries/transition'
import { isSteleError } from '@stele/errors'
import { Trie } from '@stele/state'
import { emptyRoot, isSameHash } from '@stele/tlog/tree'
import { AccountNumbers } from './account-numbers.ts'
import { BlobCache } from './blob-cache.ts'
import type { CallOutcome, RemoteRunner } from './call-job.ts'
import { CallQueue } from './call-queue.ts'
import { CallRunner } from './call-runner.ts'
import { watched } from './call-watch.ts'
import { decode, type EntryParts, entryMismatch, inEntry } from './entry-parts.ts'
import { findEntryFault, findWriteFault } from './entry-rules.ts'
import { EntryRunner } from './entry-runner.ts'
import { Exceptions } from './exceptions.ts'
import { errorOf } from './faults.ts'
import { maxSettingsChanges } from './limits.ts'
import type { ReplayExecutor, VerifyPorts } from './ports.ts'
import { hex } from './quote.ts'
import { type KeptReplay, noFacts, type ReplayFacts } from './replay-facts.ts'
import type { SettingsChange } from './report.ts'
import type { RulesFrom } from './rules.ts'
import { SharedRows } from './shared-rows.ts'
import { newestEntry, StateView } from './state-view.ts'
import { Withheld } from './withheld.ts'
import { carryValues, compareValues, type RowWrite } from './written-values.ts'

/** What an entry does to the state: rows with values, and the same writes with hashes. */
type Writes = { readonly rows: readonly RowWrite[]; readonly hashes: readonly EffectWrite[] }

/** What a replay takes; calls of entries below `since` are carried on and not run again, unless their script keeps a memory. */
export type ReplayPorts = Pick<VerifyPorts, 'fetch' | 'createExecutor' | 'watch'> & {
  readonly origin: string
  readonly since: number
  /** What scripts did is carried on as the log tells it, and never run. */
  readonly carriesScripts?: boolean
}

/** A replay from the first entry on, or from where another one was kept. */
export class Replay {
  readonly rows: SharedRows
  readonly state: StateView
  readonly withheld: Withheld = new Withheld()
  readonly exceptions: Exceptions = new Exceptions()
  /** The entries that changed the log's own settings, the genesis first. */
  readonly settingsChanges: SettingsChange[]
  /** Every script that was put in force, by the entry that did it. */
  readonly rules: RulesFrom[]
  readonly #ports: ReplayPorts
  readonly #trie: Trie
  readonly #numbers: AccountNumbers
  readonly #blobs: BlobCache
  readonly #runner: EntryRunner
  #calls: CallQueue
  #root: Uint8Array
  #callsSkipped = 0
  #facts: Omit<
    ReplayFacts,
    'sequences' | 'unseenNumbers' | 'exceptions' | 'withheld' | 'rules' | 'settingsChanges'
  >

  constructor(ports: ReplayPorts, kept?: KeptReplay) {
    const facts = kept?.facts ?? noFacts
    this.#ports = ports
    this.rows = new SharedRows(kept?.rows)
    this.state = new StateView(this.rows)
    this.#trie = kept?.trie ?? new Trie()
    this.#root = kept === undefined ? emptyRoot : this.#trie.root()
    this.#numbers = new AccountNumbers(facts)
    this.exceptions.restore(facts.exceptions)
    this.withheld.restore(facts.withheld)
    this.rules = [...facts.rules]
    this.settingsChanges = [...facts.settingsChanges]
    this.#facts = { ...facts }
    this.#blobs = new BlobCache(ports.fetch)
    const { state, withheld } = this
    this.#runner = new EntryRunner(ports, { state, withheld, blobs: this.#blobs })
    this.#calls = this.#queueFor([])
  }

  /** Has calls run by these too, from now on. To be called while no call waits. */
  employ(remote: readonly RemoteRunner[]): void {
    this.#calls = this.#queueFor(remote)
  }

  /** Entries that were replayed. */
  get entryCount(): number {
    return this.#facts.entryCount
  }

  /** Calls that were run. */
  get callsRun(): number {
    return this.#facts.callsRun
  }

  /** Calls below `since` that were not run. */
  get callsSkipped(): number {
    return this.#callsSkipped
  }

  /** Whether the script in force may remember calls: no other replay can go on from here, since nobody keeps its memory. */
  get hasMemory(): boolean {
    return this.#runner.hasMemory(this.#facts.settings)
  }

  /** Memory digests that the executor has no way to compare. */
  get memoryUnchecked(): number {
    return this.#facts.memoryUnchecked
  }

  /** The time of the newest entry, in milliseconds since 1970. */
  get timeMs(): number {
    return this.#facts.timeMs
  }

  /** The entry since which the state is not known any more, if so. */
  get lostSince(): number | undefined {
    return this.#facts.lostSince
  }

  /** What another replay needs to go on from here. To be called when settled. */
  keep(): KeptReplay {
    const { rules, settingsChanges } = this
    const [exceptions, withheld] = [this.exceptions.toJson(), this.withheld.toJson()]
    const numbers = this.#numbers.toJson()
    const facts = { ...this.#facts, ...numbers, exceptions, withheld, rules, settingsChanges }
    return { rows: this.rows.memory, trie: this.#trie, facts }
  }

  /** Replays the next entry; its call may be run later. Throws `entry_mismatch`, `file_mismatch`; `engine_unknown`. */
  replay(parts: EntryParts): Promise<void> {
    return this.#withBlobs(parts.index, () =>
      watched(this.#ports.watch, parts.index, () => this.#step(parts)),
    )
  }

  /** Compares the parts of an entry that was replayed before: they came in a file with later ones. Throws as replay() does. */
  compare(parts: EntryParts): Promise<void> {
    return this.#withBlobs(parts.index, () => void this.#carry(parts))
  }

  async #withBlobs(index: number, work: () => void): Promise<void> {
    this.#blobs.trim()
    for (;;) {
      try {
        work()
        return
      } catch (error) {
        // Nothing was changed yet when a blob is missing: once it is here, the entry is tried again.
        if (!(await this.#blobs.fetchNeeded(index))) throw error
      }
    }
  }

  /** Lets other work go on. Throws the fault of a call when one was found, after those before it were run. */
  async breathe(): Promise<void> {
    await this.#calls.breathe()
    if (this.#calls.fault !== undefined) await this.settle()
  }

  /** Waits until all calls were run. Throws the fault of the first that was wrong. */
  async settle(): Promise<void> {
    await this.#calls.settle()
    if (this.#calls.fault !== undefined) throw errorOf(this.#calls.fault)
    this.rows.recycle(newestEntry)
  }

  #queueFor(remote: readonly RemoteRunner[]): CallQueue {
    const { rows } = this
    const local = new CallRunner(this.#ports, { rows, blobs: this.#blobs })
    return new CallQueue({ local, remote, rows, heard: (outcome) => this.#hear(outcome) })
  }

  #hear({ right, unread, missing }: CallOutcome): void {
    this.#facts.callsRun += right
    for (const { blob, entry } of missing) this.withheld.miss({ blob }, entry)
    for (const entry of unread) this.exceptions.add(entry, needsWithheld)
  }

  #step(parts: EntryParts): void {
    const { index, leaf, body } = parts
    const { operator, timeMs } = this.#facts
    const fault = findEntryFault(parts, { origin: this.#ports.origin, operator, timeMs })
    if (fault !== undefined) throw entryMismatch(index, fault)
    const isOnlyCarried = this.#ports.carriesScripts === true && isOfScript(parts)
    if (body?.kind === entryKinds.memory && this.#ports.carriesScripts !== true) {
      this.#compareMemory(index, body.body.sha256)
    }
    const isQueueable = !isOnlyCarried && this.#isQueueable(parts)
    const carried = isQueueable ? this.#carryWhole(parts) : undefined
    const isRunnable = !isOnlyCarried && carried === undefined && this.lostSince === undefined
    const done = isRunnable ? this.#runner.run(parts, this.#facts.settings) : undefined
    const writes = carried ?? (done === undefined ? this.#carry(parts) : this.#take(parts, done))
    // From here on the replay changes, and nothing waits for blobs.
    this.#numbers.accept(parts)
    this.#facts.timeMs = leaf.timeMs
    this.#facts.entryCount++
    if (body?.kind === entryKinds.genesis) this.#facts.operator = body.body.operator
    if (body?.kind === entryKinds.takedown) {
      this.withheld.name(body.body.withhold, index, body.body.reason)
    }
    if (writes === undefined) this.#facts.lostSince ??= index
    if (carried === undefined) this.#noteGaps(parts, done !== undefined)
    else this.#queue(parts)
    if (writes === undefined) return
    this.#apply(parts, writes)
    this.#noteSettings(index, writes)
  }

  /** Whether the entry is a call whose effects can be carried on, and that can be run by anyone at any time. */
  #isQueueable({ index, body, effects, values }: EntryParts): boolean {
    if (body?.kind !== entryKinds.call || this.lostSince !== undefined) return false
    if (effects === undefined || values === undefined) return false
    const executor = this.#executorFor(index)
    if (executor === undefined) return index < this.#ports.since
    return executor.memoryDigest === undefined
  }

  /** Also below `since`, where an engine that this release does not have is no hindrance: nothing has to be run with it. */
  #executorFor(index: number): ReplayExecutor | undefined {
    try {
      return this.#runner.inForce(this.#facts.settings)
    } catch (error) {
      if (index < this.#ports.since && isSteleError(error, 'engine_unknown')) return undefined
      throw error
    }
  }

  /** The writes as the effects say, undefined where a value is withheld: running the entry makes it again. */
  #carryWhole(parts: EntryParts): Writes | undefined {
    const writes = this.#carry(parts)
    return writes?.rows.some(({ value }) => value === undefined) === true ? undefined : writes
  }

  #queue({ index, leaf, bodyBytes, seed, effects }: EntryParts): void {
    if (index < this.#ports.since) this.#callsSkipped++
    if (index < this.#ports.since || bodyBytes === undefined || effects === undefined) return
    const call = { index, timeMs: leaf.timeMs, seed, body: bodyBytes, effects }
    this.#calls.add(call, this.#facts.settings)
  }

  /** The writes as the replay made them. Throws `entry_mismatch` where the value record says otherwise. */
  #take(parts: EntryParts, { effects, writes }: Transition): Writes {
    const { index } = parts
    if (parts.effects === undefined) this.withheld.miss({ entry: index, part: 'effects' }, index)
    compareValues(parts, writes, { blobs: this.#blobs, withheld: this.withheld })
    return { rows: writes, hashes: effects.writes }
  }

  /** The writes as the effects say; undefined where they are withheld too and the state is lost. */
  #carry(parts: EntryParts): Writes | undefined {
    const { index, leaf, effects: bytes } = parts
    if (parts.body === undefined) this.withheld.miss({ entry: index, part: 'body' }, index)
    if (bytes === undefined) {
      this.withheld.miss({ entry: index, part: 'effects' }, index)
      const hasNoWrites = this.lostSince === undefined && isSameHash(leaf.stateRoot, this.#root)
      return hasNoWrites ? { rows: [], hashes: [] } : undefined
    }
    const text = decode(index, 'its effects', bytes)
    const { writes } = inEntry(index, 'its effects', () => parseEffects(text))
    for (const [object] of writes) {
      const fault = findWriteFault(parts, object)
      if (fault !== undefined) throw entryMismatch(index, fault)
    }
    const rows = carryValues(parts, writes, { blobs: this.#blobs, withheld: this.withheld })
    return this.lostSince === undefined ? { rows, hashes: writes } : undefined
  }

  /** Notes what could not be checked of an entry that is not in the queue, and counts what could. */
  #noteGaps({ index, leaf, body, effects }: EntryParts, isRun: boolean): void {
    const { lostSince } = this
    if (lostSince !== undefined) {
      const reason = `the state is unknown since entry ${lostSince}`
      this.exceptions.add(index, { unchecked: 'all', reason })
    } else if (!isRun) {
      const reason = body === undefined ? 'its body is withheld' : needsWithheld.reason
      this.exceptions.add(index, { unchecked: 'rule', reason })
    } else if (effects === undefined) {
      this.exceptions.add(index, { unchecked: 'result', reason: 'its effects are withheld' })
    }
    if (leaf.kind !== entryKinds.call) return
    if (isRun) this.#facts.callsRun++
    else this.#runner.forgetMemory()
  }

  /** What changes the rules must show, also where it was changed back before anyone looked. */
  #noteSettings(entry: number, { rows }: Writes): void {
    if (rows.some(changesScript)) this.#facts.settings = entry
    const names = rows.filter(({ object }) => object === logObject).map(({ field }) => field)
    if (names.length === 0) return
    const isNewScript = names.includes('script')
    const script = isNewScript ? readSetting(this.state, 'script') : null
    if (isNewScript) this.rules.push({ entry, script })
    if (entry === 0) this.settingsChanges.push({ entry, names: [], script })
    else if (this.settingsChanges.length < maxSettingsChanges) {
      this.settingsChanges.push({ entry, names, script })
    }
  }

  #compareMemory(index: number, wanted: string): void {
    const found = this.#runner.inForce(this.#facts.settings)?.memoryDigest?.()
    if (found === undefined) this.#facts.memoryUnchecked++
    else if (found !== wanted) {
      const what = "the digest of the script's memory"
      throw entryMismatch(index, { what, found: wanted, wanted: found })
    }
  }

  #apply({ index, leaf }: EntryParts, { rows, hashes }: Writes): void {
    const { timeMs } = leaf
    for (const { object, field, value } of rows) {
      this.rows.write(object, field, { value, entry: index, timeMs })
    }
    const leaves = hashes.map(([object, field, valueHash]) => ({
      object,
      field,
      valueHash: valueHash === null ? null : Buffer.from(valueHash, 'hex'),
    }))
    inEntry(index, 'its writes', () => this.#trie.apply(leaves))
    this.#root = this.#trie.root()
    if (!isSameHash(this.#root, leaf.stateRoot)) {
      const [found, wanted] = [hex(leaf.stateRoot), `${hex(this.#root)}, the root after its writes`]
      throw entryMismatch(index, { what: 'its state root', found, wanted })
    }
  }
}

/** Whether it is the script that decided what the entry did. */
function isOfScript({ leaf: { kind } }: EntryParts): boolean {
  return kind === entryKinds.call || kind === entryKinds.genesis
}

const needsWithheld = { unchecked: 'rule', reason: 'it needs what is withheld' } as const

function readSetting(state: StateView, name: string): string | null {
  if (state.row(logObject, name)?.value === undefined) return null
  const value = readLogRow(state, name)
  return typeof value === 'string' ? value : null
}
