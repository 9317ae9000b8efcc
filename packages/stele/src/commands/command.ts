// What a command is: its usage, what it does, and how a person reads the result.
import { escapeLine, SteleError } from '@stele/errors'
import type { Input, Usage } from '../command-input.ts'

export type { Input, Usage }

/** A command: `run` gives data, `view` makes text of it, `--json` prints the data. */
export type Command<Report> = {
  readonly usage: Usage
  readonly run: (input: Input) => Promise<Report>
  readonly view: (report: Report) => string
  /** The exit status, 0 where not given. */
  readonly exitCode?: (report: Report) => number
  /** It hears itself when it is to stop. All others end there and then, once the programs that they run have. */
  readonly endsItself?: true
}

/** A command whose report is nobody else's business. */
export type RunnableCommand = {
  readonly usage: Usage
  readonly endsItself: boolean
  readonly execute: (input: Input) => Promise<{ readonly text: string; readonly exitCode: number }>
}

/** Makes the errors of whoever typed this command wrongly. */
export function usageError(command: string): (reason: string) => SteleError {
  return (reason) => new SteleError('usage_wrong', { reason, command })
}

/** The command, ready to be run by name. */
export function runnable<Report>(command: Command<Report>): RunnableCommand {
  const { usage, run, exitCode, endsItself = false } = command
  return {
    usage,
    endsItself,
    execute: async (input) => {
      const report = await run({ ...input, command: usage.name })
      return { text: textOf(command, input, report), exitCode: exitCode?.(report) ?? 0 }
    },
  }
}

/** The report as --json, --reporter and --silent ask for it, where the command has them; else for a person. */
function textOf<Report>(
  { usage, view }: Command<Report>,
  { options }: Input,
  report: Report,
): string {
  if (options['json'] === true) return JSON.stringify(report)
  const { reporter } = options
  const has = (name: string): boolean => Object.hasOwn(usage.options, name)
  if (has('reporter') && reporter === 'ndjson') return JSON.stringify({ event: 'done', report })
  const isSilent = has('silent') && (options['silent'] === true || reporter === 'silent')
  // Much of it is a stranger's word.
  return isSilent ? '' : view(report).split('\n').map(escapeLine).join('\n')
}
