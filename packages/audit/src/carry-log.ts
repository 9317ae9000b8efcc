// Follows a log without running its scripts: every hash, signature and form is checked, and the state is carried on as the
// entries tell it. So a copy of it is as good as the log; whether its calls kept to the script is for a verification to say.
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import {
  bundleWidth,
  type KeptEntry,
  parseEffects,
  readBodyPart,
  splitPart,
} from '@stele/entries/parts'
import type { WithheldPart } from '@stele/entries/takedowns'
import { SteleError } from '@stele/errors'
import { formatHead } from '@stele/state'
import { formatTile, tilePath, tilesOf } from '@stele/tlog/tiles'
import { proveInclusion } from '@stele/tlog/tree'
import type { Chunk } from './chunks.ts'
import { errorOf } from './faults.ts'
import type { Continuation, KeptLog } from './kept-run.ts'
import { LogAudit } from './log-audit.ts'
import type { VerifyPorts } from './ports.ts'
import { fetchKeys, type LogKeys, onlyKey } from './signed-tree.ts'
import type { AuditedState } from './state-view.ts'

/** What following a log takes. */
export type CarryPorts = Pick<VerifyPorts, 'fetch' | 'progress' | 'nowMs'> & {
  /** Is given the log's entries, in order, up to 256 at a time from a multiple of 256 on, when their hashes and forms were checked. */
  readonly entries: (start: number, entries: readonly KeptEntry[]) => Promise<void> | void
}

/** What is known of the log beforehand. */
export type CarryOptions = {
  /** Its vkey, or the fingerprint of it. */
  readonly key?: string
  /** What it must extend. */
  readonly known?: Pick<KeptLog, 'origin' | 'key' | 'size' | 'root' | 'note'> & {
    /** When and how it was seen, such as "verified on 2026-01-31". */
    readonly seen: string
    /** The day of it. */
    readonly day: string
  }
  /** What the run before kept, where there is any: entries that it has followed are not read again. */
  readonly from?: KeptCarry | undefined
}

/** What it takes to go on from a log that was followed. */
export type KeptCarry = Pick<CarriedLog, 'settingBlobs' | 'withheld'> & {
  readonly continuation: Continuation
  /** The last entry's leaf. */
  readonly last: Uint8Array
}

/** A log that was followed to its newest checkpoint. */
export type CarriedLog = {
  readonly origin: string
  /** The log's key, and its clock's. */
  readonly vkeys: readonly string[]
  readonly size: number
  /** Base64. */
  readonly root: string
  /** The signed checkpoint. */
  readonly note: string
  /** The head that belongs to it (spec/state.md "Proofs"). */
  readonly head: string
  /** Its tiles of hashes, by their paths below `/-/log/`. */
  readonly tiles: () => Iterable<readonly [path: string, bytes: Uint8Array]>
  /** What the entries left; undefined where nobody can tell, since too much is withheld. */
  readonly state: AuditedState | undefined
  /** The blobs (hex SHA-512) of every script and engine that it has run. */
  readonly settingBlobs: readonly string[]
  /** What takedowns named, and the entries that did. */
  readonly withheld: readonly { readonly takedown: number; readonly part: WithheldPart }[]
  /** The objects of the state that new entries wrote; undefined where all entries are new. */
  readonly written: ReadonlySet<string> | undefined
  /** What a later run goes on from, at once: the memory is that of this one. */
  readonly keep: () => KeptCarry
}

/**
 * Follows a log from its first entry, or from where another run ended. Throws `file_mismatch`, `entry_mismatch`, and where it does not extend what is known
 * `history_replaced`, `history_forked`, `history_older`; what fetchKeys() throws.
 */
export async function carryLog(
  { fetch, progress, nowMs, entries }: CarryPorts,
  { key, known, from }: CarryOptions = {},
): Promise<CarriedLog> {
  const keys = pinned(await fetchKeys(fetch, key), known)
  const first = from?.continuation.hashes.count(0) ?? 0
  const noted = createNotes(from)
  let last = from?.last ?? new Uint8Array(0)
  const carried = async (chunk: Chunk): Promise<void> => {
    const kept = entriesOf(chunk)
    kept.forEach((entry, position) => {
      if (chunk.start + position >= first) noted.add(chunk.start + position, entry)
    })
    last = kept.at(-1)?.leaf ?? last
    await entries(chunk.start, kept)
  }
  const planned = async (entries: number): Promise<void> => {
    if (known !== undefined && first + entries < known.size) throw older(first + entries, known)
  }
  const log = new LogAudit({ fetch, progress, nowMs, createExecutor: refuseToRun }, keys, {
    since: 0,
    seen: known === undefined ? [] : [rootOf(known)],
    planned,
    carried,
    ...(from && { continuation: from.continuation }),
  })
  await log.advance()
  const newest = log.newest?.size ?? 0
  if (known !== undefined && newest < known.size) throw older(newest, known)
  const verified = log.verified
  const size = verified?.size ?? 0
  if (verified === undefined) throw new Error('A log that was followed has a checkpoint')
  const [gap] = log.replay.withheld.unexplained()
  if (gap !== undefined) throw errorOf(gap)
  const { reader } = log.tree.rows
  const path = proveInclusion(size - 1, size, reader)
  const { note, root } = verified
  return {
    origin: keys.origin,
    vkeys: vkeysOf(keys),
    size,
    root: Buffer.from(root).toString('base64'),
    note,
    head: formatHead({ leaf: last, index: size - 1, path, checkpoint: note }),
    *tiles() {
      for (const tile of tilesOf(0, size)) {
        const hashes = log.tree.rows.slice(tile.level, tile.index * bundleWidth, tile.width)
        yield [tilePath(tile), formatTile(hashes)]
      }
    },
    state: log.replay.lostSince === undefined ? log.replay.state : undefined,
    settingBlobs: [...noted.blobs],
    withheld: noted.withheld,
    written: from === undefined ? undefined : noted.written,
    keep: () => ({
      continuation: {
        replay: log.replay.keep(),
        hashes: log.tree.rows,
        contentsTo: 0,
        contentsChecked: 0,
      },
      last,
      settingBlobs: [...noted.blobs],
      withheld: noted.withheld,
    }),
  }
}

function vkeysOf({ origin, key, verifiers }: LogKeys): readonly string[] {
  return [key, ...verifiers.filter(({ name }) => name !== origin)].map(({ vkey }) => vkey)
}

type Known = NonNullable<CarryOptions['known']>

function pinned(keys: LogKeys, known: Known | undefined): LogKeys {
  if (known === undefined) return keys
  const own = onlyKey(keys, known)
  if (own !== undefined) return own
  const { origin, key } = keys
  const knownFacts = { knownOrigin: known.origin, knownKey: known.key, seen: known.day }
  throw new SteleError('history_replaced', { origin, key: key.vkey, ...knownFacts })
}

function rootOf({ size, root, note, seen }: Known) {
  return { path: 'kept', size, root: Buffer.from(root, 'base64'), note, seen }
}

function older(size: number, { size: known, day }: Known): SteleError {
  return new SteleError('history_older', { size, known, seen: `on ${day}`, isPrefix: false })
}

function entriesOf({ leaves, bodies, effects, values, width }: Chunk): readonly KeptEntry[] {
  return Array.from({ length: width }, (_, position): KeptEntry => {
    const leaf = leaves.items[position]
    if (leaf === undefined || leaf === null)
      throw new Error('A chunk that was checked has its leaves')
    return {
      leaf,
      body: bodies.items[position] ?? null,
      effects: effects.items[position] ?? null,
      values: values.items[position] ?? null,
    }
  })
}

/** What entries name and write that whoever copies the log has to know. */
function createNotes(from: CarryOptions['from']) {
  const blobs = new Set<string>(from?.settingBlobs)
  const withheld: CarriedLog['withheld'][number][] = [...(from?.withheld ?? [])]
  const written = new Set<string>()
  const add = (index: number, { leaf, body, effects }: KeptEntry): void => {
    // Where all entries are new nobody asks.
    if (from !== undefined && effects !== null) {
      const { writes } = parseEffects(Buffer.from(splitPart(effects).bytes).toString())
      for (const [object] of writes) written.add(object)
    }
    const { kind } = parseLeaf(leaf)
    if (body === null || kind === entryKinds.call || kind === entryKinds.memory) return
    const read = readBodyPart(kind, body)
    if (read.kind === entryKinds.genesis) {
      for (const name of [read.body.script, read.body.engine]) blobs.add(name)
    } else if (read.kind === entryKinds.config) {
      const { script, engine } = read.body.set
      for (const name of [script, engine]) if (typeof name === 'string') blobs.add(name)
    } else if (read.kind === entryKinds.takedown) {
      for (const part of read.body.withhold) withheld.push({ takedown: index, part })
    }
  }
  return { blobs, withheld, written, add }
}

function refuseToRun(): never {
  throw new Error('No script is run')
}
