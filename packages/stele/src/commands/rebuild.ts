// stele rebuild: the approved install scripts of dependencies, once more.
import { SteleError } from '@stele/errors'
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import { wishesOf } from '../client/scripts/installed-scripts.ts'
import type { Wish } from '../scripts/install-scripts.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, folderOf, placeOptions, readInstallOptions } from './install-input.ts'

type Report = { readonly rebuilt: readonly string[]; readonly installed: InstallReport }

/** Builds packages again. */
export const rebuild: Command<Report> = {
  usage: {
    name: 'rebuild',
    summary: 'Run the approved install scripts of dependencies again',
    arguments: '[package...]',
    options: {
      'foreground-scripts': { type: 'boolean', summary: 'show what the scripts print' },
      ...placeOptions,
    },
    notes: [
      'Without packages all that are approved. What other projects share of them is made anew as well; where a script',
      'fails, all stays as it was built before.',
    ],
  },
  run,
  view: ({ rebuilt, installed }) =>
    [...rebuilt.map((id) => `Built ${id}`), describeInstall(installed, 'no changes')].join('\n'),
}

async function run(input: Input): Promise<Report> {
  const env = { ...input.environment }
  const { root, wishes } = await wishesOf(folderOf(input), env)
  const wanted =
    input.positionals.length === 0 ? wishes : wishes.filter((wish) => isNamed(input, wish))
  const approved = wanted.filter(({ verdict }) => verdict === 'approved')
  const missing = input.positionals.find(
    (name) => !approved.some(({ id, release }) => id === name || release.name === name),
  )
  if (missing !== undefined || approved.length === 0) throw unapproved(missing)
  const ids = new Set(approved.map(({ id }) => id))
  const installed = await install({ ...readInstallOptions(input), root, rebuilds: ids })
  return { rebuilt: [...ids], installed }
}

function isNamed({ positionals }: Input, { id, release }: Wish): boolean {
  return positionals.includes(id) || positionals.includes(release.name)
}

function unapproved(name: string | undefined): SteleError<'usage_wrong'> {
  const reason =
    name === undefined
      ? 'No install scripts of dependencies are approved; "stele approve" shows those that there are'
      : `No install scripts of "${name}" are approved; run "stele approve ${name}"`
  return new SteleError('usage_wrong', { reason, command: 'rebuild' })
}
