// Asks before something that cannot simply be undone. `--yes` answers for scripts.
import { SteleError } from '@stele/errors'
import type { Input, Usage } from './command.ts'

/** What is to be confirmed. */
type Doubtful = {
  readonly command: string
  /** What will happen: the person reads it before answering, on a line of its own where it has several. */
  readonly question: string
  /** What would happen, in one sentence, for a script that did not say --yes. */
  readonly unattended: string
  /** What is thrown where the answer is not yes. */
  readonly refused: () => SteleError
}

/** The option of every command that asks. */
export const yesOption: Usage['options'] = {
  yes: { type: 'boolean', short: 'y', summary: 'do not ask' },
}

/** Resolves when the person, or --yes, agreed. Throws usage_wrong where nobody is there to ask. */
export async function confirm(
  { options, terminal }: Pick<Input, 'options' | 'terminal'>,
  { command, question, unattended, refused }: Doubtful,
): Promise<void> {
  if (options['yes'] === true) return
  if (terminal === undefined) {
    throw new SteleError('usage_wrong', { reason: `${unattended}; say --yes to do it`, command })
  }
  const end = question.includes('\n') ? '\n' : ' '
  const answer = await terminal.ask(`${question}${end}Type yes to go on: `)
  if (answer.trim().toLowerCase() !== 'yes') throw refused()
}
