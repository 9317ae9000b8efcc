// stele ci: what stele.lock holds, from scratch.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type InstallReport, install } from '../client/install.ts'
import { planLock } from '../client/lock-file.ts'
import { readProject } from '../client/project.ts'
import { readResolveSettings } from '../client/resolve-settings.ts'
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
    notes: ['Fails where package.json wants what the lock does not have, and says what.'],
  },
  run,
  view: (report) => describeInstall(report, 'no changes'),
}

async function run(input: Input): Promise<InstallReport> {
  const options = readInstallOptions(input)
  const chosen = await chosenMembers(input, { folder: options.root, command: 'ci' })
  const folders = chosen?.members.map(({ folder }) => folder)
  const asked = { ...options, folders, isFrozen: true }
  const project = await readProject(asked.root)
  const { root, importers: wanted } = project
  const settings = readResolveSettings(project).locked
  await planLock({ root, wanted, settings, isFrozen: true }) // Before anything is removed.
  if (!asked.isDryRun) {
    for (const { folder } of wanted) {
      rmSync(join(root, folder, 'node_modules'), { recursive: true, force: true, maxRetries: 3 })
    }
  }
  return install(whole(asked, 'ci'))
}
