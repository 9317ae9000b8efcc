// Follows a log: fetches what it has signed, and replays the entries that are new up to there.

import { logRoot } from '@stele/entries/paths'
import { logObject, membersOf, readLogRow } from '@stele/entries/transition'
import { SteleError } from '@stele/errors'
import { isSameHash } from '@stele/tlog/tree'
import { type Chunk, fetchChunks } from './chunks.ts'
import { entryMismatch, readParts } from './entry-parts.ts'
import type { Continuation } from './kept-run.ts'
import { entriesPerTurn } from './limits.ts'
import type { VerifyPorts } from './ports.ts'
import { hex } from './quote.ts'
import { Replay } from './replay.ts'
import { fetchSignedTree, type LogKeys } from './signed-tree.ts'
import { forked, type SignedRoot, TreeAudit, type TreeClaims } from './tree-audit.ts'

/** What following a log takes. */
type LogPorts = Pick<VerifyPorts, 'fetch' | 'createExecutor' | 'watch' | 'progress' | 'nowMs'>

type LogAuditOptions = {
  /** Calls of entries below it are not run again. */
  readonly since: number
  /** Roots that were seen on other days, or by other people. */
  readonly seen: readonly SignedRoot[]
  /** Where to go on from. */
  readonly continuation?: Continuation
  /** Told once, when it is known how much there is to do. */
  readonly planned: (entries: number) => Promise<void>
  /** Set: no script is run. Told of each chunk that was verified, in order; the first one may begin with known entries. */
  readonly carried?: (chunk: Chunk) => Promise<void>
}

/** One log, audited from its first entry, or from where another day ended, to the newest checkpoint that was seen. */
export class LogAudit {
  readonly replay: Replay
  readonly tree: TreeAudit
  readonly #ports: LogPorts
  readonly #keys: LogKeys
  readonly #options: LogAuditOptions
  /** Entries that another verification had seen. */
  readonly #continued: number
  #clockMs = 0
  #replayMs = 0
  #newest: SignedRoot | undefined
  #verified: SignedRoot | undefined

  constructor(ports: LogPorts, keys: LogKeys, options: LogAuditOptions) {
    this.#ports = ports
    this.#keys = keys
    this.#options = options
    this.tree = new TreeAudit(options.continuation?.hashes)
    this.#continued = this.tree.size
    const { since, continuation } = options
    const { fetch, createExecutor, watch } = ports
    const replayPorts = {
      fetch,
      createExecutor,
      ...(watch === undefined ? {} : { watch }),
      origin: keys.origin,
      since,
      carriesScripts: options.carried !== undefined,
    }
    this.replay = new Replay(replayPorts, continuation?.replay)
  }

  /** Entries that were verified. */
  get size(): number {
    return this.tree.size
  }

  /** The largest checkpoint that the log has signed, whether it holds or not. */
  get newest(): SignedRoot | undefined {
    return this.#newest
  }

  /** The largest checkpoint that was verified. */
  get verified(): SignedRoot | undefined {
    return this.#verified
  }

  /** The newest time that the log's clock has signed, in milliseconds since 1970. */
  get clockMs(): number {
    return this.#clockMs
  }

  /** The name of the script in force, undefined where it is not known. */
  get script(): string | undefined {
    const { state } = this.replay
    if (state.row(logObject, 'script')?.value === undefined) return undefined
    const name = readLogRow(state, 'script')
    return typeof name === 'string' ? name : undefined
  }

  /** How long entries were fetched and replayed, in milliseconds. */
  get replayMs(): number {
    return this.#replayMs
  }

  /** Verifies up to the newest checkpoint. Says whether there was anything new. Throws `file_mismatch`, `entry_mismatch`. */
  async advance(): Promise<boolean> {
    const startMs = this.#ports.nowMs()
    try {
      return await this.#advance()
    } finally {
      this.#replayMs += this.#ports.nowMs() - startMs
    }
  }

  async #advance(): Promise<boolean> {
    const { fetch } = this.#ports
    const { roots, clockMs } = await fetchSignedTree(fetch, this.#keys)
    this.#clockMs = Math.max(this.#clockMs, clockMs)
    const newest = roots.at(-1)
    const size = newest?.size ?? 0
    if (this.#newest === undefined || size > this.#newest.size) this.#newest = newest
    for (const root of roots) this.#compareKnown(root)
    for (const root of this.#options.seen) if (root.size <= this.size) this.#compareKnown(root)
    if (size <= this.size) {
      if (size === this.size) this.#verified = newest
      return false
    }
    this.#ports.progress({ phase: 'entries', done: this.size, total: size })
    await this.#options.planned(size - this.size)
    const claims = { fetch, signed: [...roots, ...this.#options.seen], size }
    try {
      for await (const chunk of fetchChunks(fetch, this.size, size)) {
        await this.#advanceBy(chunk, claims)
      }
    } catch (error) {
      await this.replay.settle() // A call before it may have been wrong: the first fault is the one to tell of.
      throw error
    }
    await this.replay.settle()
    this.#checkKeys()
    this.#verified = newest
    return true
  }

  async #advanceBy(chunk: Chunk, claims: TreeClaims): Promise<void> {
    const first = this.size
    await this.tree.addChunk(chunk, claims)
    await this.tree.compareUpperTiles(claims.fetch, this.size === claims.size)
    if (this.#options.carried !== undefined) await this.#compareKnownParts(chunk, first)
    for (let index = first; index < this.size; index++) {
      await this.replay.replay(readParts(chunk, index))
      if (index % entriesPerTurn === 0) await this.replay.breathe()
    }
    await this.#options.carried?.(chunk)
    this.#ports.progress({ phase: 'entries', done: this.size, total: claims.size })
  }

  /** Whoever is told of a chunk keeps all of it. */
  async #compareKnownParts(chunk: Chunk, end: number): Promise<void> {
    for (let index = chunk.start; index < end; index++) {
      await this.replay.compare(readParts(chunk, index))
    }
  }

  /** A root of what was verified already. */
  #compareKnown({ path, size, root, seen }: SignedRoot): void {
    if (size === 0 || size > this.size) return
    const known = this.tree.rootAt(size)
    if (isSameHash(root, known)) return
    if (seen !== undefined) throw forked({ size, seen, found: known, wanted: root })
    const kept = this.#options.seen.find((one) => size <= one.size && one.size <= this.#continued)
    if (kept?.seen !== undefined) {
      throw forked({ size, seen: kept.seen, found: root, wanted: known })
    }
    const what = `the root that it signs for ${size} entries`
    const [found, wanted] = [hex(root), `${hex(known)}, which it has signed before`]
    throw new SteleError('file_mismatch', { path, entry: null, what, found, wanted })
  }

  /** The key that signs must be one that the log itself names. */
  #checkKeys(): void {
    const row = this.replay.state.row(logObject, 'keys')
    if (row?.value === undefined) return
    const keys = membersOf('keys', { keys: readLogRow(this.replay.state, 'keys') ?? null })
    const found = keys.texts('keys')
    if (found.includes(this.#keys.key.vkey)) return
    throw entryMismatch(row.entry, {
      what: 'the keys that it names for the log',
      found: found.join(', '),
      wanted: `${this.#keys.key.vkey}, which signs its checkpoints (${logRoot}key)`,
    })
  }
}
