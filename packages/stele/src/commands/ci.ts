// stele ci: what stele.lock holds, from scratch.
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, installOptions, readInstallOptions, whole } from './install-input.ts'
import { chosenMembers, workspaceOptions } from './workspace-options.ts'

/** Installs the lock as it is, into an empty node_modules. */
export const ci: Command<InstallReport> = {
  usage: {
    name: 'ci',
    summary: 'Install just what stele.lock holds, into an empty node_modules',
    arguments: '',
    options: { ...workspaceOptions, ...installOptions },
    notes: [
      'Fails where package.json wants what the lock does not have, and says what. What is installed is removed when',
      'all that is to be there has been fetched; with -w or --filter, only what those packages have.',
    ],
  },
  run,
  view: (report) => describeInstall(report, 'no changes'),
}

async function run(input: Input): Promise<InstallReport> {
  const options = readInstallOptions(input)
  const chosen = await chosenMembers(input, { folder: options.root, command: 'ci' })
  const folders = chosen?.members.map(({ folder }) => folder)
  const { typed } = input
  return install({ ...whole(options, 'ci'), folders, isFrozen: true, isFresh: true, typed })
}
