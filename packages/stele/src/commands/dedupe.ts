// stele dedupe: as few versions of each package as everybody can live with.

import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import type { Command, Input } from './command.ts'
import {
  describeInstall,
  installOptions,
  lockOptions,
  readInstallOptions,
} from './install-input.ts'

type Report = InstallReport & { readonly isCheck: boolean }

/** Takes away versions that another version of the lock can stand in for. */
export const dedupe: Command<Report> = {
  usage: {
    name: 'dedupe',
    summary: 'Let packages share versions where one fits all who want it',
    arguments: '',
    options: {
      check: {
        type: 'boolean',
        summary: 'change nothing; end with 1 where something would change',
      },
      ...installOptions,
      ...lockOptions,
    },
  },
  run,
  view: (report) =>
    report.isCheck && report.changes.length === 0
      ? 'No version too many'
      : describeInstall(report, 'all changes'),
  exitCode: ({ isCheck, changes }) => (isCheck && changes.length > 0 ? 1 : 0),
}

async function run(input: Input): Promise<Report> {
  const isCheck = input.options['check'] === true
  const asked = readInstallOptions(input)
  const isDryRun = isCheck || asked.isDryRun === true
  return { ...(await install({ ...asked, isDryRun, dedupes: true })), isCheck }
}
