// stele install: a project's dependencies into node_modules.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import { lockPathOf } from '../client/lock/lock-file.ts'
import { placeOf } from '../client/project/place.ts'
import { add } from './add.ts'
import type { Command, Input } from './command.ts'
import {
  describeInstall,
  folderOf,
  isContinuous,
  readInstallOptions,
  whole,
} from './install-input.ts'
import { chosenMembers } from './workspace-options.ts'

/** Installs what the package.json of this folder wants; with names, adds these to it. */
export const installCommand: Command<InstallReport> = {
  usage: {
    name: 'install',
    summary: 'Install the dependencies of this project',
    arguments: '[package...]',
    options: {
      ...add.usage.options,
      frozen: {
        type: 'boolean',
        summary: 'fail where stele.lock does not fit package.json; the default where CI is set',
      },
      'frozen-lockfile': { type: 'boolean', as: 'frozen', summary: '' },
    },
    notes: ['With names it is "stele add".'],
  },
  run,
  view: (report) => describeInstall(report, 'no changes'),
}

async function run(input: Input): Promise<InstallReport> {
  const positionals = await namedIn(input)
  if (positionals.length > 0) return add.run({ ...input, positionals })
  if (input.options['global'] === true) {
    const reason = 'Say which packages to install for you: "stele install -g <package>"'
    throw new SteleError('usage_wrong', { reason, command: 'install' })
  }
  const asked = readInstallOptions(input)
  const isDefault =
    isContinuous(input.environment) && existsSync(lockPathOf((await placeOf(asked.root)).root))
  const { frozen = isDefault } = input.options
  const chosen = await chosenMembers(input, { folder: asked.root, command: 'install' })
  const folders = chosen?.members.map(({ folder }) => folder)
  return install({
    ...whole(asked, 'install'),
    folders,
    isFrozen: frozen === true,
    typed: input.typed,
  })
}

/** What is to be added. "stele install ." is meant as it is with npm: what this project depends on. */
async function namedIn(input: Input): Promise<readonly string[]> {
  const { positionals } = input
  if (positionals.length === 0) return positionals
  const { folder } = await placeOf(folderOf(input))
  return positionals.filter((typed) => resolve(typed) !== folder)
}
