// stele prune: takes out of node_modules what the lock does not have.
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import type { Command } from './command.ts'
import { describeInstall, installOptions, readInstallOptions } from './install-input.ts'

/** Removes what the lock, or what is left of it by --omit, does not have. */
export const prune: Command<InstallReport> = {
  usage: {
    name: 'prune',
    summary: 'Remove from node_modules what stele.lock does not have',
    arguments: '',
    options: installOptions,
    notes: ['"stele prune --omit dev" leaves what a deployed project needs.'],
  },
  run: async (input) => install({ ...readInstallOptions(input), isFrozen: true }),
  view: (report) => describeInstall(report, 'no changes'),
}
