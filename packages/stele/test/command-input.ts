// What a command is given when nobody typed or said anything beside its arguments.
import type { Input } from '../src/commands/command.ts'

/** No options, no terminal, nothing on standard input, and nobody who stops it. */
export const quietInput: Omit<Input, 'positionals'> = {
  options: {},
  typed: { words: [], environment: {} },
  isTerminal: false,
  terminal: undefined,
  readInput: async () => '',
  environment: {},
  main: new URL('file:///none'),
  stop: new AbortController().signal,
}
