// An entry as projections see it: what was recorded, with its values, and what its face made ready.
import type { Body } from './body.ts'
import type { Write } from './execution.ts'

/** An entry of the log, for what is derived from it. `writes` carry their values. */
export type LoggedEntry = {
  readonly index: number
  readonly leafHash: Uint8Array
  readonly timeMs: number
  readonly body: Body['body']
  readonly writes: readonly Write[]
  /** What whoever submitted the call made of its blobs already. A projection that does not know it ignores it. */
  readonly prepared?: unknown
}
