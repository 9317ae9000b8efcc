// What a service is made of, and what it takes from outside: a definition, a home, keys, time, randomness.
import type { CallBlob, Executor, ScriptSettings } from '@stele/entries/calls'
import type { EntryValue } from '@stele/entries/parts'
import type { LogEvent, LogStore, PublicFolder, SnapshotHome, Watermark } from '@stele/log'
import type { PublishedFiles } from '@stele/log/published'
import type { AskOutside } from '@stele/log/script'
import type { Lagging, Replica } from '@stele/replica'
import type { Hash } from '@stele/tlog/tree'

/** What a new log of this service begins with. */
export type ServiceDefinition = {
  readonly script: () => string
  /** `fresh`: the script keeps nothing between calls. `kept`: its memory is part of its state. */
  readonly memory: 'fresh' | 'kept'
}

/** A row of the state, as proofs carry it. */
type ServiceRow = { readonly hash: Hash; readonly value: EntryValue }

/** The store of a service's log, with what proofs and takedowns ask of it. */
export type ServiceStore = LogStore & {
  readonly row: (object: string, field: string) => ServiceRow | undefined
  /**
   * Erases what commits have withheld, but the disk may still hold. Gives why something is left, undefined once nothing
   * is; absent where a commit leaves nothing. Must not wait for long.
   */
  readonly eraseWithheld?: () => string | undefined
  readonly blobs: {
    /** Undefined where there is none of that name, or it was taken down. */
    readonly read: (name: string) => Uint8Array | undefined
    /** The bytes of a large one that `keepBlobs` has kept, committed or not. */
    readonly readStored: (name: string) => Uint8Array | undefined
    readonly find: (name: string) => unknown
    /** The file of a large one, if it is there. Absent where there are no files. */
    readonly file?: (name: string) => string | undefined
    /** Some of the blobs stored after this number, oldest first. */
    readonly after: (
      blobNumber: number,
    ) => readonly { readonly blobNumber: number; readonly name: string }[]
  }
}

/** Where a service is kept. Whoever opens it holds it alone. */
export type ServiceHome = {
  readonly store: ServiceStore
  readonly replica: Replica
  /** Makes large blobs durable before their entry, and gives what remains to be kept with it. */
  readonly keepBlobs: (blobs: readonly CallBlob[]) => Promise<readonly CallBlob[]>
  /** Where snapshots of the trie are kept; without one every start builds it from the rows. */
  readonly snapshots: SnapshotHome | undefined
  /** The folder that is published behind the log; undefined where none is wanted. */
  readonly publicFolder: PublicFolder | undefined
  /** What was published, also where nothing more is. */
  readonly published: PublishedFiles
  readonly watermark: {
    readonly read: () => Watermark
    readonly save: (watermark: Watermark) => void
  }
  readonly close: () => void
}

/** Who a service is. Seeds are the 32 bytes of Ed25519 keys. */
export type ServiceIdentity = {
  /** The log's origin, a schemeless address. */
  readonly origin: string
  /** The account that a new log's first entry names. */
  readonly operator: string
  readonly seeds: {
    readonly log: Uint8Array
    readonly clock: Uint8Array
    /** Absent where the operator keeps it elsewhere: then nothing is signed with it here. */
    readonly root: Uint8Array | undefined
  }
}

/** Work at a later time; both give what cancels it. */
export type Timers = {
  readonly after: (delayMs: number, work: () => void) => () => void
  readonly every: (periodMs: number, work: () => void) => () => void
}

/** Makes what runs calls, from the settings in force and the blobs that they name. */
export type OpenScript = (
  settings: ScriptSettings,
  ports: Pick<ServicePorts, 'watched' | 'report'> & {
    readonly readBlob: (name: string) => Uint8Array | undefined
  },
) => Executor

/** Everything that a service takes as an argument. */
export type ServicePorts = {
  readonly definition: ServiceDefinition
  readonly identity: ServiceIdentity
  readonly home: ServiceHome
  readonly timers: Timers
  readonly nowMs: () => number
  readonly random: (sizeBytes: number) => Uint8Array
  /** Lets waiting messages in. */
  readonly breathe: () => Promise<void>
  /** Makes what runs the log's calls: `openScript`, but for tests that bring a script of their own. */
  readonly openScript: OpenScript
  /** What oracles ask of the world outside; without it they are told that nothing may be asked. */
  readonly outside?: AskOutside | undefined
  /** Runs the script's work, where whoever watches for calls that hang sees it begin and end. */
  readonly watched: <T>(work: () => T) => T
  readonly report: (event: ServiceEvent) => void
}

/** What an operator may want to know of a service. */
export type ServiceEvent =
  | LogEvent
  | { readonly event: 'script_print'; readonly line: string }
  | { readonly event: 'folder_publish_failed'; readonly reason: string }
  /** What was taken down is not gone from the disk yet; it is tried again until `takedown_finished`. */
  | { readonly event: 'takedown_unfinished'; readonly reason: string }
  | { readonly event: 'takedown_finished' }
  | ({ readonly event: 'projection_behind' } & Lagging)
