// Builds whole logs in memory from the formats alone, and forges them as an operator with all keys could.
import { hash } from 'node:crypto'
import {
  type Body,
  type CallBody,
  type ConfigBody,
  formatBody,
  rootPayload,
  rootsAccount,
  type TakedownBody,
  type WithheldPart,
} from '@stele/entries/bodies'
import type { Executor, StateReader, Write } from '@stele/entries/calls'
import {
  type EntryKind,
  entryKinds,
  formatLeaf,
  hashBody,
  hashEffects,
  type Leaf,
  seedOf,
} from '@stele/entries/leaf'
import {
  bundleWidth,
  type EntryValue,
  formatEffects,
  formatRecordBundle,
  formatValues,
  valueOf,
} from '@stele/entries/parts'
import { withoutPart } from '@stele/entries/takedowns'
import { applyBody } from '@stele/entries/transition'
import type { JsonValue } from '@stele/formats/json'
import { clockName, formatHead, Trie } from '@stele/state'
import { createCosigner, createEd25519Signer, formatCheckpoint } from '@stele/tlog/keys'
import {
  type CosignatureSigner,
  cosignNote,
  formatNote,
  type NoteSigner,
  signNote,
} from '@stele/tlog/notes'
import {
  bundlesOf,
  formatEntryBundle,
  formatTile,
  formatTileNumber,
  tilePath,
  tilesOf,
} from '@stele/tlog/tiles'
import { createHashReader, Frontier, type Hash, hashLeaf, proveInclusion } from '@stele/tlog/tree'

/** What an operator with the keys may do to an entry while it is made: all hashes and signatures will fit. */
export type Forgery = {
  readonly body?: (text: string) => string
  readonly effects?: (text: string) => string
  readonly values?: (values: readonly EntryValue[]) => readonly EntryValue[]
  readonly leaf?: (leaf: Leaf) => Leaf
}

/** What a built log starts from. */
export type LogBuilderOptions = {
  readonly origin: string
  /** Runs the calls; made from the script's text. */
  readonly createExecutor: (options: {
    readonly script: Uint8Array
    readonly blobs: (name: string) => Uint8Array | undefined
  }) => Executor
  readonly script?: string
  readonly engine?: string
  /** Where entries' times begin, in milliseconds since 1970; each next one is a second later. */
  readonly startMs?: number
  /** What the log's own key is made from; each makes another. */
  readonly keySeed?: string
}

type BuiltEntry = {
  readonly leaf: Uint8Array
  body: Uint8Array | null
  effects: Uint8Array | null
  values: Uint8Array | null
}
type Sender = Pick<CallBody, 'v' | 'origin' | 'account' | 'seq' | 'via'>

const secondMs = 1000

/** A log that grows in memory. Its operator is `op`; salts and keys are fixed, so equal calls make equal bytes. */
export class LogBuilder {
  readonly origin: string
  readonly signer: NoteSigner
  readonly clock: CosignatureSigner
  readonly root: NoteSigner
  readonly entries: BuiltEntry[] = []
  readonly blobs: Map<string, Uint8Array> = new Map()
  readonly #options: LogBuilderOptions
  readonly #rows = new Map<string, Map<string, Uint8Array>>()
  readonly #trie = new Trie()
  readonly #frontier = Frontier.empty()
  readonly #hashes: Hash[][] = []
  readonly #sequences = new Map<string | null, number>()
  #executor: Executor
  #timeMs: number

  constructor(options: LogBuilderOptions) {
    const {
      origin,
      keySeed = 'log',
      script = 'one',
      engine = '{"host":1,"memory":"kept","parts":{}}',
    } = options
    this.#options = options
    this.origin = origin
    this.signer = createEd25519Signer(origin, fixedBytes(keySeed))
    this.clock = createCosigner(clockName(origin), fixedBytes('clock'))
    this.root = createEd25519Signer(`${origin}/root`, fixedBytes('root'))
    this.#timeMs = options.startMs ?? 1_800_000_000_000
    const genesis = {
      v: 1,
      origin,
      script: this.addBlob(script),
      engine: this.addBlob(engine),
      limits: { gas: 1000 },
      keys: [this.signer.vkey],
      roots: { keys: [this.root.vkey], threshold: 1 },
      operator: 'op',
    } as const
    this.#executor = this.#createExecutor(script)
    this.append({ kind: entryKinds.genesis, body: genesis })
  }

  /** Entries so far. */
  get size(): number {
    return this.entries.length
  }

  /** The time of the newest entry, in milliseconds since 1970. */
  get timeMs(): number {
    return this.#timeMs
  }

  /** Keeps a blob, and gives its name. */
  addBlob(content: string | Uint8Array): string {
    const name = hash('sha512', content)
    this.blobs.set(name, Buffer.from(content))
    return name
  }

  /** Appends a call. Gives its index. */
  call(
    account: string | null,
    method: string,
    args: readonly JsonValue[],
    { via = { type: 'token' }, forgery }: { via?: CallBody['via']; forgery?: Forgery } = {},
  ): number {
    const body: CallBody = { ...this.#sender(account, via), method, args }
    return this.append({ kind: entryKinds.call, body }, forgery)
  }

  /** Appends a config entry, signed by the root key. A new `script` is given as its text. */
  config({ script, ...rest }: { readonly [name: string]: JsonValue }, forgery?: Forgery): number {
    const set = typeof script === 'string' ? { ...rest, script: this.addBlob(script) } : rest
    const unsigned: ConfigBody = {
      ...this.#sender(rootsAccount, { type: 'host' }),
      set,
      signatures: [],
    }
    const body = { ...unsigned, signatures: [this.#signRoot(unsigned)] }
    const index = this.append({ kind: entryKinds.config, body }, forgery)
    if (typeof script === 'string') this.#executor = this.#createExecutor(script)
    return index
  }

  /** Appends a takedown entry, signed by the root key, and withholds what it names. */
  takedown(withhold: readonly WithheldPart[], forgery?: Forgery): number {
    const sender = this.#sender(rootsAccount, { type: 'host' })
    const unsigned: TakedownBody = { ...sender, withhold, reason: 'asked for', signatures: [] }
    const body = { ...unsigned, signatures: [this.#signRoot(unsigned)] }
    for (const part of withhold) this.withhold(part)
    return this.append({ kind: entryKinds.takedown, body }, forgery)
  }

  /** Appends a memory entry. */
  memory(sha256: string): number {
    return this.append({ kind: entryKinds.memory, body: { v: 1, sha256 } })
  }

  /** Takes a part away, without an entry that says so. */
  withhold(part: WithheldPart): void {
    if ('blob' in part) this.blobs.delete(part.blob)
    else {
      const entry = this.entries[part.entry]
      if (entry === undefined) throw new Error(`There is no entry ${part.entry}`)
      Object.assign(entry, withoutPart(entry, part))
    }
  }

  /** Appends any body, run as the sequencer would; a forgery then changes what is recorded. */
  append(body: Body, forgery: Forgery = {}): number {
    const index = this.size
    if (index > 0) this.#timeMs += secondMs
    const salts = [fixedBytes(`body ${index}`), fixedBytes(`effects ${index}`)] as const
    const asked = Buffer.from(formatBody(body.body))
    const seed = seedOf(body, salts[0], hashBody(salts[0], asked))
    const ports = { state: this.state, executor: this.#executor, timeMs: this.#timeMs, seed }
    const { effects, writes, oracles } = applyBody(body, { ...ports, making: {} })
    const text = formatBody(
      oracles === undefined ? body.body : ({ ...body.body, oracles } as CallBody),
    )
    const bodyBytes = Buffer.from(forgery.body?.(text) ?? text)
    const bodyHash = hashBody(salts[0], bodyBytes)
    const effectsText = formatEffects(effects)
    const effectsBytes = Buffer.from(forgery.effects?.(effectsText) ?? effectsText)
    this.#apply(writes)
    const leaf: Leaf = {
      kind: body.kind,
      timeMs: this.#timeMs,
      bodyHash,
      effectsHash: hashEffects(salts[1], effectsBytes),
      stateRoot: this.#trie.root(),
    }
    const values = writes.flatMap(({ value }) => (value === null ? [] : [this.#valueOf(value)]))
    this.#record(forgery.leaf?.(leaf) ?? leaf, {
      body: Buffer.concat([salts[0], bodyBytes]),
      effects: Buffer.concat([salts[1], effectsBytes]),
      values: formatValues(forgery.values?.(values) ?? values),
    })
    return index
  }

  /** The state so far. */
  readonly state: StateReader = {
    get: (object, field) => this.#rows.get(object)?.get(field),
    list: (object) =>
      [...(this.#rows.get(object)?.keys() ?? [])].toSorted((a, b) =>
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      ),
  }

  /** Every file of the log at its size now, by its path below a registry's root. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>()
    const add = (path: string, content: string | Uint8Array): void => {
      files.set(`/-/log/${path}`, Buffer.from(content))
    }
    for (const tile of tilesOf(0, this.size)) {
      const row = this.#hashes[tile.level]?.slice(tile.index * bundleWidth) ?? []
      add(tilePath(tile), formatTile(row.slice(0, tile.width)))
    }
    for (const place of bundlesOf(0, this.size)) {
      const start = place.index * bundleWidth
      const entries = this.entries.slice(start, start + place.width)
      const number = formatTileNumber(place)
      add(`tile/entries/${number}`, formatEntryBundle(entries.map(({ leaf }) => leaf)))
      add(`body/${number}`, formatRecordBundle(entries.map(({ body }) => body)))
      add(`effects/${number}`, formatRecordBundle(entries.map(({ effects }) => effects)))
      add(`value/${number}`, formatRecordBundle(entries.map(({ values }) => values)))
    }
    for (const [name, bytes] of this.blobs) add(`blob/${name.slice(0, 2)}/${name}`, bytes)
    const { checkpoint, head } = this.sign()
    add('checkpoint', checkpoint)
    add('head', head)
    add('key', `${this.signer.vkey}\n${this.clock.vkey}\n`)
    return files
  }

  /** The signed checkpoint and head; with `root`, of a tree that is not this one. */
  sign({
    root = this.#frontier.root(),
    timeS = Math.floor(this.#timeMs / secondMs),
  }: {
    root?: Hash
    timeS?: number
  } = {}): { checkpoint: string; head: string } {
    const { origin, size } = this
    const text = formatCheckpoint({ origin, size, root })
    const signatures = [signNote(text, this.signer), cosignNote(text, this.clock, timeS)]
    const checkpoint = formatNote(text, signatures)
    const read = createHashReader((level, start, count) =>
      (this.#hashes[level] ?? []).slice(start, start + count),
    )
    const path = proveInclusion(size - 1, size, read)
    const leaf = this.entries[size - 1]?.leaf ?? new Uint8Array(0)
    return { checkpoint, head: formatHead({ leaf, index: size - 1, path, checkpoint }) }
  }

  #sender(account: string | null, via: CallBody['via']): Sender {
    const seq = (this.#sequences.get(account) ?? 0) + 1
    this.#sequences.set(account, seq)
    return { v: 1, origin: this.origin, account, seq, via }
  }

  #signRoot(body: ConfigBody | TakedownBody): { key: string; signature: string } {
    const signature = Buffer.from(this.root.sign(rootPayload(body))).toString('base64')
    return { key: this.root.vkey, signature }
  }

  #createExecutor(script: string): Executor {
    const blobs = (name: string): Uint8Array | undefined => this.blobs.get(name)
    return this.#options.createExecutor({ script: Buffer.from(script), blobs })
  }

  #valueOf(bytes: Uint8Array): EntryValue {
    const value = valueOf(bytes)
    if ('blob' in value) this.addBlob(bytes)
    return value
  }

  #apply(writes: readonly Write[]): void {
    for (const { object, field, value } of writes) {
      const fields = this.#rows.get(object) ?? new Map<string, Uint8Array>()
      this.#rows.set(object, fields)
      if (value === null) fields.delete(field)
      else fields.set(field, value)
      const valueHash = value === null ? null : hash('sha256', value, 'buffer')
      this.#trie.apply([{ object, field, valueHash }])
    }
  }

  #record(leaf: Leaf & { readonly kind: EntryKind }, parts: Omit<BuiltEntry, 'leaf'>): void {
    const bytes = formatLeaf(leaf)
    this.entries.push({ leaf: bytes, ...parts })
    for (const { tileLevel, hash: stored } of this.#frontier.append(hashLeaf(bytes))) {
      const row = this.#hashes[tileLevel] ?? []
      this.#hashes[tileLevel] = row
      row.push(stored)
    }
  }
}

function fixedBytes(name: string): Uint8Array {
  return hash('sha256', name, 'buffer')
}
