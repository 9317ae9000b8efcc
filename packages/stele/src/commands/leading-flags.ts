// Flags that stand before the command, as in "stele --prefix app install": they mean there what they mean behind it.
import { parseArgs } from 'node:util'
import type { Usage } from '../command-input.ts'
import { installOptions, lockOptions } from './install-input.ts'
import { runOptions } from './run.ts'
import { workspaceOptions } from './workspace-options.ts'

/** Those that take a value: the next word is theirs. */
const known: Usage['options'] = {
  ...workspaceOptions,
  ...runOptions,
  ...installOptions,
  ...lockOptions,
}

/** What was typed: flags, and all from the command's name on. */
export type LeadingFlags = { readonly flags: readonly string[]; readonly words: readonly string[] }

/** Splits what was typed where the command's name stands. */
export function leadingFlags(argv: readonly string[]): LeadingFlags {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    strict: false,
    allowNegative: true,
    tokens: true,
  })
  const first = tokens.find(({ kind }) => kind !== 'option')
  const end = first === undefined || first.kind === 'option-terminator' ? argv.length : first.index
  return { flags: argv.slice(0, end), words: argv.slice(end) }
}
