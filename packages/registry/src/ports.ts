// What the registry needs of the world.
import type { StateReader, SubmitCall } from '@stele/entries/calls'
import type { DocumentJob, ReadDocument } from './document.ts'
import type { ViewReader } from './view-reader.ts'

/** The ports of the registry. `state` and `views` read one database: a snapshot of the views is one of both. */
export type RegistryPorts = {
  readonly state: StateReader
  readonly views: ViewReader
  readonly submit: SubmitCall
  /** Reads large documents on another thread; all are read at once when absent. Throws server_busy, rate_limited. */
  readonly ingest?: (job: DocumentJob) => Promise<ReadDocument>
  /** Milliseconds since 1970. */
  readonly now: () => number
}
