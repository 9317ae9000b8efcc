// What a command takes, and what was typed for it: plain data, below the commands themselves.
import type { EarlyWorker } from '@stele/service/thread'

/** An option of a command, as `node:util` parses it. */
type Option = {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What the value is called in the help; strings only. */
  readonly value?: string
  readonly summary: string
  /** It may be given several times: its value is then a list with commas. */
  readonly multiple?: boolean
  /** An empty text means something. Elsewhere it is what a variable of a shell held that was not set. */
  readonly mayBeEmpty?: boolean
  /** The option that this is another word for; the help does not name it. */
  readonly as?: string
  /** A flag that npm has: a setting of it, or one that means nothing here. The help does not name it, and what it passes on may have it too. */
  readonly npm?: 'setting' | 'ignored'
}

/** What the help says of a command, and what its arguments may be. */
export type Usage = {
  readonly name: string
  readonly summary: string
  /** The arguments as the help shows them: `<url>`, `add|remove|list [name]`. */
  readonly arguments: string
  readonly options: { readonly [name: string]: Option }
  /** What belongs to a program that the command starts: all behind its name, or all there that is no option of the command. */
  readonly passesOn?: 'all' | 'unknown'
  /** Lines below the options. */
  readonly notes?: readonly string[]
}

/** What was typed after the command's name. */
export type Input = {
  /** The command's name, for errors of whoever typed it; absent until it runs. */
  readonly command?: string | undefined
  readonly positionals: readonly string[]
  readonly options: { readonly [name: string]: string | boolean | undefined }
  readonly environment: { readonly [name: string]: string | undefined }
  /** What was typed behind the command's name, in which environment: before flags changed that. */
  readonly typed: Typed
  /** A person reads standard error on a terminal. */
  readonly isTerminal: boolean
  /** Asks the person at the terminal; undefined where nobody is there to answer. */
  readonly terminal: Terminal | undefined
  /** What is piped to standard input, to its end. */
  readonly readInput: () => Promise<string>
  /** The module that runs this process; workers are started from it. */
  readonly main: URL
  /** The worker of the thread that services run in, for the command that serves: it was started before the command was read. */
  readonly early?: EarlyWorker | undefined
  /** Aborts when the user or the system asks the process to stop. */
  readonly stop: AbortSignal
}

/** The words of a command. */
export type Typed = { readonly words: readonly string[]; readonly environment: NodeJS.ProcessEnv }

/** A person at a keyboard. */
type Terminal = { readonly ask: (question: string) => Promise<string> }
