// Replays entries one by one: the same transition that the sequencer made, on a state and a trie of its own.
import {
  applyBody,
  type Body,
  changesScript,
  type EffectWrite,
  entryKinds,
  formatEffects,
  logObject,
  noScript,
  parseEffects,
  readLogRow,
  Sequences,
  type Transition,
} from '@stele/entries'
import { isSteleError } from '@stele/errors'
import { Trie } from '@stele/state'
import { emptyRoot, isSameHash } from '@stele/tlog'
import { BlobCache } from './blob-cache.ts'
import { decode, type EntryParts, entryMismatch, inEntry } from './entry-parts.ts'
import { findEntryFault, findWriteFault } from './entry-rules.ts'
import { Exceptions } from './exceptions.ts'
import { maxSettingsChanges } from './limits.ts'
import type { VerifyPorts } from './ports.ts'
import { hex, quoteDifference } from './quote.ts'
import { ReplayState, type RowWrite } from './replay-state.ts'
import type { SettingsChange } from './report.ts'
import type { RulesFrom } from './rules.ts'
import { ScriptRunner } from './script-runner.ts'
import { Withheld } from './withheld.ts'
import { carryValues, compareValues } from './written-values.ts'

/** What an entry does to the state: rows with values, and the same writes with hashes. */
type Writes = { readonly rows: readonly RowWrite[]; readonly hashes: readonly EffectWrite[] }

const empty = new Uint8Array(0)

/** A replay from the first entry on. */
export class Replay {
  readonly state: ReplayState = new ReplayState()
  readonly withheld: Withheld = new Withheld()
  readonly exceptions: Exceptions = new Exceptions()
  readonly #origin: string
  readonly #replayed: VerifyPorts['replayed']
  readonly #trie = new Trie()
  readonly #sequences = new Sequences(() => 0)
  readonly #blobs: BlobCache
  readonly #script: ScriptRunner
  #operator: string | undefined
  #timeMs = 0
  #root: Uint8Array = emptyRoot
  /** Withheld bodies whose numbers nobody has been seen to take yet. */
  #unseenNumbers = 0
  #lostSince: number | undefined
  /** The last transition: a script with a memory must not run an entry twice, also where it waits for a blob. */
  #ran: { readonly index: number; readonly done: Transition } | undefined
  #entryCount = 0
  #callsRun = 0
  #memoryUnchecked = 0

  constructor(ports: Pick<VerifyPorts, 'fetch' | 'createExecutor' | 'replayed'>, origin: string) {
    this.#origin = origin
    this.#replayed = ports.replayed
    this.#blobs = new BlobCache(ports.fetch)
    const { state, withheld } = this
    const blobs = this.#blobs
    const { createExecutor } = ports
    this.#script = new ScriptRunner({ createExecutor, blobs, state, withheld })
  }

  /** Entries that were replayed. */
  get entryCount(): number {
    return this.#entryCount
  }

  /** Calls that were run. */
  get callsRun(): number {
    return this.#callsRun
  }

  /** Memory digests that the executor has no way to compare. */
  get memoryUnchecked(): number {
    return this.#memoryUnchecked
  }

  /** The entries behind the genesis that changed the log's own settings. */
  readonly settingsChanges: SettingsChange[] = []

  /** Every script that was put in force, by the entry that did it. */
  readonly rules: RulesFrom[] = []

  /** The time of the newest entry, in milliseconds since 1970. */
  get timeMs(): number {
    return this.#timeMs
  }

  /** The entry since which the state is not known any more, if so. */
  get lostSince(): number | undefined {
    return this.#lostSince
  }

  /** Replays the next entry. Throws `entry_mismatch`, `file_mismatch`; `engine_unknown`. */
  async replay(parts: EntryParts): Promise<void> {
    this.#blobs.trim()
    for (;;) {
      try {
        this.#step(parts)
        return
      } catch (error) {
        // Nothing was changed yet when a blob is missing: once it is here, the entry is tried again.
        if (!(await this.#blobs.fetchNeeded(parts.index))) throw error
      }
    }
  }

  #step(parts: EntryParts): void {
    const { index, leaf, body } = parts
    const before = { origin: this.#origin, operator: this.#operator, timeMs: this.#timeMs }
    const fault = findEntryFault(parts, before)
    if (fault !== undefined) throw entryMismatch(index, fault)
    if (body?.kind === entryKinds.memory) this.#compareMemory(index, body.body.sha256)
    const done = this.#run(parts)
    const writes = done === undefined ? this.#carry(parts) : this.#take(parts, done)
    // From here on the replay changes, and nothing waits for blobs.
    this.#acceptNumber(parts)
    this.#timeMs = leaf.timeMs
    this.#entryCount++
    if (body?.kind === entryKinds.genesis) this.#operator = body.body.operator
    if (body?.kind === entryKinds.takedown) this.withheld.name(body.body.withhold, index)
    if (writes === undefined) this.#lostSince ??= index
    this.#noteGaps(parts, done !== undefined)
    if (writes === undefined) return
    this.#apply(parts, writes)
    this.#noteSettings(index, writes)
    const written = writes.rows.map(({ value = empty, ...row }) => ({ ...row, value }))
    this.#replayed({ index, timeMs: leaf.timeMs, writes: written })
    const isTakenUp = index === 0 && done !== undefined
    if (!isTakenUp && writes.rows.some(changesScript)) this.#script.change(index)
  }

  /** Runs the entry and compares its effects; undefined where what that takes is withheld. Throws `entry_mismatch`. */
  #run(parts: EntryParts): Transition | undefined {
    const { index, leaf, body, seed } = parts
    if (body === undefined || this.#lostSince !== undefined) return undefined
    if (this.#ran?.index === index) return this.#ran.done
    if (body.kind === entryKinds.genesis) this.#script.begin(body.body)
    const executor = runsScript(body) ? this.#script.current() : noScript
    if (executor === undefined) return undefined
    const ports = { state: this.state, executor, timeMs: leaf.timeMs, seed }
    let done: Transition
    try {
      done = applyBody(body, ports)
    } catch (error) {
      if (this.state.takeMetWithheld()) return undefined
      this.#blobs.refuseNeed()
      if (this.#missesBlobs(index)) return undefined
      throw this.#refusal(index, error)
    }
    this.#blobs.refuseNeed()
    if (this.state.takeMetWithheld()) return undefined
    if (!this.#isRecorded(parts, done)) return undefined
    this.#ran = { index, done }
    return done
  }

  /** Whether the call asked for blobs that the registry does not have: only a takedown explains that. */
  #missesBlobs(index: number): boolean {
    const absent = [...this.#script.absentBlobs]
    for (const blob of absent) this.withheld.miss({ blob }, index)
    return absent.length > 0
  }

  #refusal(index: number, error: unknown): unknown {
    if (!isSteleError(error)) return error
    const wanted = 'one that can be replayed'
    return entryMismatch(index, { what: 'its body', found: error.message, wanted }, error)
  }

  /** Whether the effects are those that are recorded; false where it read what is now gone. Throws `entry_mismatch`. */
  #isRecorded({ index, effects }: EntryParts, done: Transition): boolean {
    const wanted = formatEffects(done.effects)
    if (effects === undefined || Buffer.compare(effects, Buffer.from(wanted)) === 0) return true
    if (this.#missesBlobs(index)) return false
    const found = decode(index, 'its effects', effects)
    throw entryMismatch(index, { what: 'its effects', ...quoteDifference(found, wanted) })
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
      const hasNoWrites = this.#lostSince === undefined && isSameHash(leaf.stateRoot, this.#root)
      return hasNoWrites ? { rows: [], hashes: [] } : undefined
    }
    const text = decode(index, 'its effects', bytes)
    const { writes } = inEntry(index, 'its effects', () => parseEffects(text))
    for (const [object] of writes) {
      const fault = findWriteFault(parts, object)
      if (fault !== undefined) throw entryMismatch(index, fault)
    }
    const rows = carryValues(parts, writes, { blobs: this.#blobs, withheld: this.withheld })
    return this.#lostSince === undefined ? { rows, hashes: writes } : undefined
  }

  #acceptNumber({ index, leaf, body }: EntryParts): void {
    if (body === undefined) {
      if (leaf.kind !== entryKinds.genesis && leaf.kind !== entryKinds.memory) this.#unseenNumbers++
      return
    }
    if ('seq' in body.body && body.body.via.type !== 'key') {
      const { account, seq } = body.body
      const skipped = seq - this.#sequences.last(account) - 1
      // Withheld bodies have taken numbers, of nobody knows which account.
      if (skipped > 0 && skipped <= this.#unseenNumbers) {
        this.#unseenNumbers -= skipped
        for (let taken = 0; taken < skipped; taken++) this.#sequences.next(account)
      }
    }
    inEntry(index, 'its seq', () => this.#sequences.accept(body))
  }

  /** Notes what could not be checked of the entry, and counts what could. */
  #noteGaps({ index, leaf, body, effects }: EntryParts, isRun: boolean): void {
    if (this.#lostSince !== undefined) {
      this.exceptions.add(index, 'all', `the state is unknown since entry ${this.#lostSince}`)
    } else if (!isRun) {
      const reason = body === undefined ? 'its body is withheld' : 'it needs what is withheld'
      this.exceptions.add(index, 'rule', reason)
    } else if (effects === undefined) {
      this.exceptions.add(index, 'result', 'its effects are withheld')
    }
    if (leaf.kind !== entryKinds.call) return
    if (isRun) this.#callsRun++
    else this.#script.skipCall()
  }

  /** What changes the rules must show, also where it was changed back before anyone looked. */
  #noteSettings(entry: number, { rows }: Writes): void {
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
    const found = this.#script.current()?.memoryDigest?.()
    if (found === undefined) this.#memoryUnchecked++
    else if (found !== wanted) {
      throw entryMismatch(index, {
        what: "the digest of the script's memory",
        found: wanted,
        wanted: found,
      })
    }
  }

  #apply({ index, leaf }: EntryParts, { rows, hashes }: Writes): void {
    this.state.apply(rows, { entry: index, timeMs: leaf.timeMs })
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

function readSetting(state: ReplayState, name: string): string | null {
  if (state.row(logObject, name)?.value === undefined) return null
  const value = readLogRow(state, name)
  return typeof value === 'string' ? value : null
}

function runsScript({ kind }: Body): boolean {
  return kind === entryKinds.genesis || kind === entryKinds.call
}
