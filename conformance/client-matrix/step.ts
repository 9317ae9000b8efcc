// One step of the matrix: a command that clients have, and what must then be so, whichever client typed it.
import type { Files } from '../npm-world.ts'
import type { Finished } from '../processes.ts'
import type { Verb } from './client.ts'
import type { Home, Stage, Values } from './stage.ts'

/** A step. In its texts and files `{left}` and the like stand for the client's own names. */
export type Step = Details & { readonly claim: string; readonly verb: Verb }

export type Details = {
  /** Later steps need what it does: npm does it for a client that has no such command. */
  readonly needed?: boolean
  /** What the command's words name. */
  readonly with?: Values
  /** The folder it runs in; one that is empty but for a package.json when absent. */
  readonly in?: string
  /** What that folder holds before; absent, it is left as it is. */
  readonly files?: Files
  /** Removed from that folder before. */
  readonly without?: readonly string[]
  /** `usual` when absent. */
  readonly home?: Home
  /** The command fails, or clients do not agree whether it does; it succeeds when absent. */
  readonly ends?: 'refused' | 'either'
  /** What is shown: a text is one that stands in it. */
  readonly shows?: readonly (string | RegExp)[]
  /** What node_modules holds afterwards, as `{name}@version`, and nothing else. */
  readonly tree?: readonly string[]
  readonly check?: (stage: Stage, finished: Finished) => Promise<void> | void
}

export function step(claim: string, verb: Verb, details: Details = {}): Step {
  return { ...details, claim, verb }
}
