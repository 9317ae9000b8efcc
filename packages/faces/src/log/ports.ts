// What the face of the log needs of the server.
import type { StateQuery } from '@stele/state'
import type { LogReads } from '../log-reads.ts'

/** Reads of the published log, and proofs of its state. */
export type LogPorts = {
  readonly log: LogReads
  /** The registry has a public address: pages of any origin may audit it. */
  readonly isPublic: boolean
  /** A proof bundle for these queries, at the newest head. */
  readonly prove: (queries: readonly StateQuery[]) => Promise<Uint8Array>
}
