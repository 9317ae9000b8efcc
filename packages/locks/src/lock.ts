// What a lock file holds.
import type { JsonObject } from '@stele/formats/json'
import type { Graph } from '@stele/resolve/graph'

/** The version of the format that is written, and the only one that is read. */
export const lockVersion = 1

/** A lock file, read. */
export type Lock = {
  readonly graph: Graph
  /** What was decided for the project and is the same on every machine. */
  readonly settings: JsonObject
  /** The signed checkpoint that the packages were proved by, for each registry that proves what it serves: origin to note. */
  readonly checkpoints?: { readonly [origin: string]: string }
}
