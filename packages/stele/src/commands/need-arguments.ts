// Commands that cannot do without an argument.
import { SteleError } from '@stele/errors'
import type { Input } from './command.ts'

/** Throws usage_wrong where nothing was typed. */
export function needArguments({ positionals }: Input, command: string, reason: string): void {
  if (positionals.length === 0) throw new SteleError('usage_wrong', { reason, command })
}
