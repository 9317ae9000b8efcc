// What is kept of a verification: the checkpoint that it ended at, and what it takes to go on from there.
import type { HashRows } from './hash-rows.ts'
import type { KeptReplay } from './replay-facts.ts'

/** A checkpoint that was verified, as plain JSON: what no other history may contradict. */
export type KeptLog = {
  readonly origin: string
  /** The log's vkey, the one that its notes must be signed with. */
  readonly key: string
  readonly size: number
  /** Base64. */
  readonly root: string
  /** Hex. */
  readonly stateRoot: string
  /** The signed checkpoint. */
  readonly note: string
  /** The address or folder that all of it was read from. */
  readonly place: string
  /** When it was verified, in milliseconds since 1970. */
  readonly verifiedMs: number
}

/** A replay that can be gone on with. */
export type Continuation = {
  readonly replay: KeptReplay
  readonly hashes: HashRows
  /** Contents that entries below it wrote were checked. */
  readonly contentsTo: number
  readonly contentsChecked: number
}

/** The checkpoint, and the replay where it could be kept too. */
export type KeptRun = {
  readonly log: KeptLog
  /** Of what this very place served: another one's files have to be read too, before anything can be said of them. */
  readonly continuation?: () => Continuation | undefined
  /** The tree of the log, wherever it was read: what is older than the checkpoint must be a part of it. */
  readonly tree?: () => HashRows | undefined
}
