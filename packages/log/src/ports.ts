// What the log needs from outside: a store that commits a group at once, signers, a clock, randomness, a script.

import type { WithheldPart } from '@stele/entries/bodies'
import type {
  CallBlob,
  Executor,
  OracleAnswer,
  ScriptCall,
  ScriptSettings,
  StateReader,
  Write,
} from '@stele/entries/calls'
import type { Effects } from '@stele/entries/parts'
import type { LoggedEntry } from '@stele/entries/transition'
import type { JsonValue } from '@stele/formats/json'
import type { CosignatureSigner, NoteSigner } from '@stele/tlog/notes'
import type { Hash, StoredHash } from '@stele/tlog/tree'
import type { FilePorts } from './log-files.ts'
import type { PublishedFiles } from './published.ts'

/** The committed head: the tree's size and root, its signed checkpoint, and the newest leaf with its proof. */
export type StoredHead = {
  readonly size: number
  readonly root: Hash
  /** The signed note. */
  readonly checkpoint: string
  /** The head of spec/state.md "Proofs". */
  readonly head: string
  /** The newest leaf's 106 bytes. */
  readonly leaf: Uint8Array
  /** When the clock cosigned, in seconds since 1970. */
  readonly clockS: number
}

/** One entry, ready to be kept: each part is its salt and its bytes, hashed as `leaf` says. */
export type StagedEntry = {
  readonly index: number
  readonly leaf: Uint8Array
  readonly leafHash: Hash
  readonly body: Uint8Array
  readonly effects: Uint8Array
  /** A value record (spec/state.md "Files"). */
  readonly values: Uint8Array
}

/** One changed row of the state. A long value lies in a blob. */
export type StateRow = {
  readonly object: string
  readonly field: string
  readonly value:
    | { readonly hash: Hash; readonly bytes: Uint8Array }
    | { readonly hash: Hash; readonly blob: string }
    | null
}

/** What one durable transaction holds: all of it or nothing. */
export type CommitGroup = {
  /** The head that this group builds on: the transaction fails unless it still is the head. */
  readonly previous: { readonly size: number; readonly root: Hash } | undefined
  readonly head: StoredHead
  readonly entries: readonly StagedEntry[]
  readonly hashes: readonly StoredHash[]
  readonly rows: readonly StateRow[]
  /** The last number given to each account that the group names. */
  readonly sequences: readonly (readonly [account: string | null, seq: number])[]
  readonly blobs: readonly CallBlob[]
  /** For the projections, which change in the same transaction. */
  readonly logged: readonly LoggedEntry[]
  readonly withhold: readonly WithheldPart[]
  /** Whether the store must remember what the rows were before, since the last snapshot of the script's memory. */
  readonly keepsUndo: boolean
  /** A snapshot of the script's memory after this group, empty for a script as freshly loaded. What was remembered is dropped. */
  readonly snapshot: Uint8Array | undefined
}

/** Where a row of the state is. */
type RowKey = { readonly object: string; readonly field: string }

/** A row of the state. `read` gives its value, undefined where that is withheld. */
export type KeptRow = RowKey & { readonly hash: Hash; readonly read: () => Uint8Array | undefined }

/** A row as it was: its value, null where there was no row, or the hash of one that is withheld, which nobody can read. */
export type PastRow = Write | (RowKey & { readonly withheld: Hash })

/** The last snapshot of a script's memory: what the first `size` entries left. */
export type MemorySnapshot = { readonly size: number; readonly snapshot: Uint8Array }

/** The home of one log. Reads see what is committed. */
export type LogStore = StateReader & {
  /** Runs reads together, where that costs less than one by one. */
  readonly reading?: <T>(read: () => T) => T
  readonly head: () => StoredHead | undefined
  readonly hashes: (tileLevel: number, start: number, count: number) => readonly Hash[]
  /** The last number given to the account, 0 if it has none. */
  readonly lastSequence: (account: string | null) => number
  /** The sum of all accounts' last numbers. */
  readonly sequenceTotal: () => number
  /** The hash of each state row, best with an object's rows together. Values are not looked at. */
  readonly stateHashes: () => Iterable<readonly [object: string, field: string, hash: Hash]>
  /** How many rows the state has. */
  readonly rowCount: () => number
  /** At most `count` rows after this key, or from the first one on, in an order that does not change. */
  readonly rowsAfter: (key: RowKey | undefined, count: number) => readonly KeptRow[]
  readonly entries: FilePorts['entries']
  readonly memory: () => MemorySnapshot | undefined
  /** What rows were when that snapshot was made, for those that changed since. */
  readonly undo: () => Iterable<PastRow>
  /** Makes the group durable, or throws; after a throw the outcome is re-read from `head`. */
  readonly commit: (group: CommitGroup) => void | Promise<void>
}

/** Reads a blob by its hex SHA-512; undefined where there is none. */
export type ReadBlob = NonNullable<ScriptCall['blobs']>

/** Answers what an oracle asks of the world outside, sooner or later; a rejection is the oracle's error too. */
export type AskOutside = (request: JsonValue) => Promise<OracleAnswer>

/** Everything that the sequencer takes as an argument. */
export type LogPorts = {
  readonly store: LogStore
  /** Where snapshots of the trie are kept; without one every start builds it from the rows. */
  readonly snapshots?: SnapshotHome
  /** Makes what runs calls, from the blob names and limits in force; asked anew after a config entry changes them. */
  readonly createExecutor: (settings: ScriptSettings) => Executor
  /** What oracles ask of the world outside; without it they are told that nothing may be asked. */
  readonly outside?: AskOutside
  /** The bytes of a blob that was kept beside the store already, and will be committed with the call that names it. */
  readonly readStoredBlob?: ReadBlob
  /** From how many bytes of one kind on a bundle is ended; `maxEdgeBytes` when absent. */
  readonly edgeBytes?: number
  /** What was published, where that is kept apart from the store: no log may start behind it. */
  readonly published?: PublishedFiles
  /** The log's own keys: each signs every checkpoint. */
  readonly signers: readonly NoteSigner[]
  readonly clock: CosignatureSigner
  readonly nowMs: () => number
  readonly random: (sizeBytes: number) => Uint8Array
  /** Lets waiting messages in between two groups. */
  readonly breathe: () => Promise<void>
  readonly report: (event: LogEvent) => void
}

/** The home of one snapshot of the trie: a list of frames that is there whole or not at all, and may be lost. */
export type SnapshotHome = {
  /** Empty where there is no snapshot. A frame's bytes may be overwritten once the second frame after it is read. */
  readonly frames: () => Iterable<Uint8Array>
  readonly replace: (frames: AsyncIterable<Uint8Array>) => Promise<void>
  /** A secret that only the holder of the log's key has, so that a snapshot with its seal is this log's own. */
  readonly sealKey: Uint8Array
}

/** What an operator may want to know. */
export type LogEvent =
  | {
      readonly event: 'commit'
      readonly size: number
      readonly calls: number
      readonly tookMs: number
    }
  | { readonly event: 'commit_failed'; readonly reason: string }
  | { readonly event: 'read_only'; readonly reason: string }
  | { readonly event: 'snapshot_unusable'; readonly reason: string }
  | { readonly event: 'snapshot_failed'; readonly reason: string }
  /** New entries carry the time of the last one, since the log's time never goes back. */
  | { readonly event: 'clock_behind'; readonly behindMs: number }
  | { readonly event: 'call_aborted'; readonly method: string; readonly reason: string }

/** Effects and index of an entry that was committed. */
export type Appended = {
  readonly index: number
  readonly timeMs: number
  readonly effects: Effects
}
