// Stages entries in memory: everything that a commit will hold, and nothing that cannot be dropped.

import { type Body, formatBody, type WithheldPart } from '@stele/entries/bodies'
import {
  type CallBlob,
  type Executor,
  type ScriptCall,
  type StateReader,
  scriptSettingNames,
} from '@stele/entries/calls'
import {
  entryKinds,
  formatLeaf,
  hashBody,
  hashEffects,
  maxBodyBytes,
  maxEffectsBytes,
  maxRecordBytes,
  Sequences,
  saltBytes,
  seedOf,
} from '@stele/entries/leaf'
import {
  type EffectWrite,
  formatEffects,
  formatValues,
  hashValue,
  valueOf,
} from '@stele/entries/parts'
import { applyBody, type LoggedEntry, type Transition } from '@stele/entries/transition'
import { SteleError } from '@stele/errors'
import type { Trie, TrieWrite } from '@stele/state'
import { type Frontier, type Hash, hashLeaf, type StoredHash } from '@stele/tlog/tree'
import { CarriedBlobs } from './carried-blobs.ts'
import { checkedState } from './checked-state.ts'
import type { NewestLeaf } from './head.ts'
import { Overlay } from './overlay.ts'
import type { Appended, LogPorts, ReadBlob, StagedEntry, StateRow } from './ports.ts'

/** What an entry brings besides its body. */
export type EntryExtras = {
  readonly blobs?: readonly CallBlob[]
  readonly prepared?: unknown
  /** What its oracles find outside of the service. */
  readonly outside?: ScriptCall['outside']
  /** The body's salt; drawn when absent. */
  readonly salt?: Uint8Array
}

/** When an entry is staged, and what runs its call. */
export type EntryContext = { readonly nowMs: number; readonly executor: Executor }

/** What staging needs; `copy` of the frontier and the trie's open group are the stage's own. */
export type StagePorts = {
  readonly committed: StateReader
  readonly trie: Trie
  readonly frontier: Frontier
  readonly lastSequence: (account: string | null) => number
  /** The time of the last committed entry. */
  readonly lastTimeMs: number
  readonly random: (sizeBytes: number) => Uint8Array
  readonly readStoredBlob?: ReadBlob | undefined
}

/** A stage over what is committed, where the trie and the frontier stand. */
export function openStage(
  { store, random, readStoredBlob }: Pick<LogPorts, 'store' | 'random' | 'readStoredBlob'>,
  base: Pick<StagePorts, 'trie' | 'frontier' | 'lastTimeMs'>,
): Stage {
  const { lastSequence } = store
  return new Stage({ committed: store, lastSequence, random, readStoredBlob, ...base })
}

/** The entries of one group, staged one after the other. Dropping the stage and rolling the trie back undoes it. */
export class Stage {
  readonly #ports: StagePorts
  readonly #overlay: Overlay
  /** The overlay as far as the trie agrees. */
  readonly #state: StateReader
  readonly #sequences: Sequences
  readonly entries: StagedEntry[] = []
  readonly hashes: StoredHash[] = []
  readonly blobs: CallBlob[] = []
  readonly logged: LoggedEntry[] = []
  readonly withhold: WithheldPart[] = []
  readonly #accounts = new Set<string | null>()
  readonly #valueHashes = new Map<Uint8Array, Uint8Array>()
  #timeMs = 0
  #path: readonly Hash[] = []
  /** Whether a config entry of this stage changes what is run. */
  changesScript = false
  /** The snapshot that goes with a `memory` entry. */
  snapshot: Uint8Array | undefined
  /** Why the committed rows are not the state, once a call has read such a row. */
  fault: string | undefined
  /** True when an entry failed half-way: then nothing of this stage may be committed. */
  isBroken = false

  constructor(ports: StagePorts) {
    this.#ports = ports
    this.#overlay = new Overlay(ports.committed)
    this.#state = checkedState(this.#overlay, ports.trie, (reason) => {
      this.fault = reason
      return new Error(reason)
    })
    this.#sequences = new Sequences(ports.lastSequence)
  }

  /** The newest entry's leaf and place; undefined while nothing is staged. */
  get newest(): NewestLeaf | undefined {
    const leaf = this.entries.at(-1)?.leaf
    return leaf === undefined ? undefined : { frontier: this.frontier, leaf, path: this.#path }
  }

  /** The tree's right edge, with this stage's entries. */
  get frontier(): Frontier {
    return this.#ports.frontier
  }

  /** The number that the account's next entry takes. */
  nextSequence(account: string | null): number {
    return this.#sequences.last(account) + 1
  }

  /**
   * Runs a body, and stages its entry with the answers that its oracles were given. Throws, staging nothing, what must not
   * be in the log, and CallWaits.
   */
  add(given: Body, { nowMs, executor }: EntryContext, extras: EntryExtras): Appended {
    const timeMs = Math.max(nowMs, this.#timeMs, this.#ports.lastTimeMs) // The log's clock never goes back.
    const salt = extras.salt ?? this.#ports.random(saltBytes)
    const carried = new CarriedBlobs(extras.blobs ?? [], this.blobs, this.#ports.readStoredBlob)
    const { outside } = extras
    const making = { blobs: carried.read, ...(outside === undefined ? {} : { outside }) }
    const asked = hashedBody(given, salt)
    const seed = seedOf(given, salt, asked.bodyHash)
    const done = this.#apply(given, { state: this.#state, seed, timeMs, executor, making })
    this.isBroken = executor.memory !== undefined // The call ran: a memory that is kept has gone on.
    const body = withAnswers(given, done)
    const { bodyBytes, bodyHash } = body === given ? asked : hashedBody(body, salt)
    const recorded = recordOf(body, done)
    this.isBroken = true // From here on nothing is refused: what throws is a bug.
    this.#sequences.accept(body)
    if ('account' in body.body) this.#accounts.add(body.body.account)
    const parts = { salt, bodyBytes, bodyHash, timeMs, ...recorded }
    const entry = this.#append(body, done, parts)
    this.blobs.push(...carried.kept(done.effects.ok))
    this.#timeMs = timeMs
    if (namesScript(body)) this.#startScript()
    if ('withhold' in body.body) this.withhold.push(...body.body.withhold)
    const { index, leafHash } = entry
    const facts = { index, leafHash, timeMs, body: body.body, writes: done.writes }
    this.logged.push({ ...facts, prepared: extras.prepared })
    this.isBroken = false
    return { index, timeMs, effects: done.effects }
  }

  /** The changed rows of the whole stage, net. */
  rows(): StateRow[] {
    return Array.from(this.#overlay.writes(), ({ object, field, value }) => ({
      object,
      field,
      value: value === null ? null : this.#rowValue(value),
    }))
  }

  /** The last number of each account that the stage names. */
  sequences(): (readonly [string | null, number])[] {
    return Array.from(this.#accounts, (account) => [account, this.#sequences.last(account)])
  }

  /** Whatever a script makes of a row that cannot be believed, nothing of this stage may be committed. */
  #apply(body: Body, ports: Parameters<typeof applyBody>[1]): Transition {
    try {
      const done = applyBody(body, ports)
      if (this.fault !== undefined) throw new Error(this.fault)
      return done
    } finally {
      this.isBroken = this.fault !== undefined
    }
  }

  #startScript(): void {
    this.changesScript = true
    this.snapshot = new Uint8Array() // A new script starts with a fresh memory.
  }

  #append(
    { kind }: Body,
    { effects, writes }: Transition,
    parts: Recorded & {
      readonly salt: Uint8Array
      readonly bodyBytes: Uint8Array
      readonly bodyHash: Hash
      readonly timeMs: number
    },
  ): StagedEntry {
    const { trie, frontier, random } = this.#ports
    const { bodyBytes, effectsBytes, values } = parts
    const effectsSalt = random(saltBytes)
    trie.apply(effects.writes.map((write, at) => this.#trieWrite(write, writes[at]?.value)))
    this.#overlay.apply(writes)
    const leaf = formatLeaf({
      kind,
      timeMs: parts.timeMs,
      bodyHash: parts.bodyHash,
      effectsHash: hashEffects(effectsSalt, effectsBytes),
      stateRoot: trie.root(),
    })
    writes.forEach(({ value }) => this.#keepLong(value))
    const entry: StagedEntry = {
      index: frontier.size,
      leaf,
      leafHash: hashLeaf(leaf),
      body: Buffer.concat([parts.salt, bodyBytes]),
      effects: Buffer.concat([effectsSalt, effectsBytes]),
      values,
    }
    this.#path = frontier.peaks()
    this.hashes.push(...frontier.append(entry.leafHash))
    this.entries.push(entry)
    return entry
  }

  /** `value` is what was written: the row that will hold it has the same hash. */
  #trieWrite([object, field, hash]: EffectWrite, value: Uint8Array | null | undefined): TrieWrite {
    if (hash === null) return { object, field, valueHash: null }
    const valueHash = Buffer.from(hash, 'hex')
    if (value) this.#valueHashes.set(value, valueHash)
    return { object, field, valueHash }
  }

  #rowValue(bytes: Uint8Array): NonNullable<StateRow['value']> {
    const hash = this.#valueHashes.get(bytes) ?? Buffer.from(hashValue(bytes), 'hex')
    const value = valueOf(bytes)
    return 'blob' in value ? { hash, blob: value.blob } : { hash, bytes }
  }

  #keepLong(bytes: Uint8Array | null): void {
    if (bytes === null) return
    const value = valueOf(bytes)
    if ('blob' in value) this.blobs.push({ name: value.blob, bytes })
  }
}

type Recorded = { readonly effectsBytes: Uint8Array; readonly values: Uint8Array }

/** The body's bytes, and their hash with the salt. Throws `call_malformed` where they are too many. */
function hashedBody(
  { body }: Body,
  salt: Uint8Array,
): { readonly bodyBytes: Uint8Array; readonly bodyHash: Hash } {
  const bodyBytes = Buffer.from(formatBody(body))
  if (bodyBytes.length > maxBodyBytes) {
    const reason = `are ${bodyBytes.length} bytes with all that goes with them, the limit is ${maxBodyBytes}: send big ones as blobs`
    throw new SteleError('call_malformed', { member: 'args', reason })
  }
  return { bodyBytes, bodyHash: hashBody(salt, bodyBytes) }
}

/** The body as it is recorded: a call with the answers that its oracles were given. */
function withAnswers(given: Body, { oracles }: Transition): Body {
  if (given.kind !== entryKinds.call || oracles === undefined) return given
  return { kind: given.kind, body: { ...given.body, oracles } }
}

/** What is recorded of a transition. Throws `call_aborted` for what no reader would take, whatever host let it through. */
function recordOf({ body }: Body, { effects, writes }: Transition): Recorded {
  const method = 'method' in body ? body.method : ''
  const refuse = (what: string, limit: number): SteleError =>
    new SteleError('call_aborted', { method, reason: `its ${what} are over ${limit} bytes` })
  const effectsBytes = Buffer.from(formatEffects(effects))
  if (effectsBytes.length > maxEffectsBytes) throw refuse('effects', maxEffectsBytes)
  const values = writes.flatMap(({ value }) => (value === null ? [] : [valueOf(value)]))
  const record = formatValues(values)
  if (record.length > maxRecordBytes) throw refuse('values', maxRecordBytes)
  return { effectsBytes, values: record }
}

function namesScript({ kind, body }: Body): boolean {
  return (
    kind === entryKinds.config && scriptSettingNames.some((name) => Object.hasOwn(body.set, name))
  )
}
