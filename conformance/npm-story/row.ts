// One row of the story: a command, and everything that is expected of it.
import type { NpmVersion } from '../npm-client.ts'
import type { Files, User, World } from '../npm-world.ts'
import type { Answer, Finished } from '../processes.ts'

/** A row. */
export type Row = Details & {
  /** Starts with the command that it is about. */
  readonly claim: string
  readonly npm: Command
  readonly code: 0 | 1
}

/** A command: words with a space between them, words, or words that only the world knows. */
export type Command =
  | string
  | readonly string[]
  | ((world: World) => readonly string[] | Promise<readonly string[]>)

/** What a row says besides. */
export type Details = {
  /** The folder it runs in; an empty one when absent. */
  readonly in?: string
  /** What that folder holds before; absent, it is left as it is. */
  readonly files?: Files
  /** alice when absent. */
  readonly as?: User
  readonly only?: NpmVersion
  readonly answers?: readonly Answer[]
  readonly prepare?: (world: World) => Promise<void> | void
  readonly shows?: RegExp | readonly RegExp[]
  readonly hides?: RegExp
  /** A request, as `<method> <path> <status>`, that must be among those it made. */
  readonly asks?: RegExp
  /** Entries it adds to the log: 0 when absent. What the rules refuse is an entry too. */
  readonly logs?: number
  readonly check?: (world: World, finished: Finished) => Promise<void> | void
}

/** A row whose command succeeds. */
export function done(claim: string, npm: Command, details: Details = {}): Row {
  return { ...details, claim, npm, code: 0 }
}

/** A row whose command fails, with a reason and nothing worse. */
export function refused(claim: string, npm: Command, details: Details): Row {
  return { ...details, claim, npm, code: 1 }
}
