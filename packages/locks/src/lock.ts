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
}
