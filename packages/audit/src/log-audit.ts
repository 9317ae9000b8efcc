// Follows a log: fetches what it has signed, and replays the entries that are new up to there.
import { logObject, logRoot, membersOf, readLogRow } from '@stele/entries'
import { SteleError } from '@stele/errors'
import { isSameHash } from '@stele/tlog'
import { type Chunk, fetchChunks } from './chunks.ts'
import { entryMismatch, readParts } from './entry-parts.ts'
import type { VerifyPorts } from './ports.ts'
import { hex } from './quote.ts'
import { Replay } from './replay.ts'
import { fetchSignedTree, type LogKeys } from './signed-tree.ts'
import { type SignedRoot, TreeAudit } from './tree-audit.ts'

/** One log, audited from its first entry to the newest checkpoint that was seen. */
export class LogAudit {
  readonly replay: Replay
  readonly #ports: VerifyPorts
  readonly #keys: LogKeys
  readonly #tree = new TreeAudit()
  #clockMs = 0
  #replayMs = 0

  constructor(ports: VerifyPorts, keys: LogKeys) {
    this.#ports = ports
    this.#keys = keys
    this.replay = new Replay(ports, keys.origin)
  }

  /** Entries that were verified. */
  get size(): number {
    return this.#tree.size
  }

  /** The root of those entries. */
  get root(): Uint8Array {
    return this.#tree.root()
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
    const { roots, clockMs } = await fetchSignedTree(this.#ports.fetch, this.#keys)
    this.#clockMs = Math.max(this.#clockMs, clockMs)
    for (const root of roots) this.#compareKnown(root)
    const size = roots.at(-1)?.size ?? 0
    if (size <= this.size) return false
    for await (const chunk of fetchChunks(this.#ports.fetch, this.size, size)) {
      await this.#advanceBy(chunk, { roots, size })
    }
    this.#checkKeys()
    return true
  }

  async #advanceBy(
    chunk: Chunk,
    { roots, size }: { readonly roots: readonly SignedRoot[]; readonly size: number },
  ): Promise<void> {
    const first = this.size
    this.#tree.addChunk(chunk, roots)
    await this.#tree.compareUpperTiles(this.#ports.fetch, this.size === size)
    for (let index = first; index < this.size; index++) {
      await this.replay.replay(readParts(chunk, index))
    }
    this.#ports.progress({ phase: 'entries', done: this.size, total: size })
  }

  /** A root of what was verified already. Older ones are prefixes of what was seen before, and say nothing new. */
  #compareKnown({ path, size, root }: SignedRoot): void {
    if (size === 0 || size !== this.size || isSameHash(root, this.root)) return
    const what = `the root that it signs for ${size} entries`
    const [found, wanted] = [hex(root), `${hex(this.root)}, which it has signed before`]
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
