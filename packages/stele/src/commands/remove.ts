// stele remove: takes dependencies out of package.json and node_modules.

import type { SteleError } from '@stele/errors'
import { changeManifest, type Planning } from '../client/change-manifest.ts'
import type { InstallReport } from '../client/installation.ts'
import { members } from '../client/project/edit-manifest.ts'
import { placesOf } from '../client/project/place.ts'
import { absentDependency } from '../client/resolving/absent-dependency.ts'
import type { Command, Input, Usage } from './command.ts'
import {
  describeInstall,
  installOptions,
  lockOptions,
  readInstallOptions,
} from './install-input.ts'
import { needArguments } from './need-arguments.ts'
import { chosenMembers, workspaceOptions } from './workspace-options.ts'

/** npm's users say where it stood. It is removed wherever it stands. */
const savedAs: Usage['options'] = {
  'save-dev': { type: 'boolean', short: 'D', summary: '' },
  'save-optional': { type: 'boolean', short: 'O', summary: '' },
  'save-prod': { type: 'boolean', short: 'P', summary: '' },
  'save-peer': { type: 'boolean', summary: '' },
}

/** Removes these dependencies, whichever member they stand in. */
export const remove: Command<InstallReport> = {
  usage: {
    name: 'remove',
    summary: 'Remove dependencies from this project',
    arguments: '<name...>',
    options: { ...savedAs, ...workspaceOptions, ...installOptions, ...lockOptions },
  },
  run,
  view: (report) => describeInstall(report, 'direct changes'),
}

async function run(input: Input): Promise<InstallReport> {
  needArguments(input, 'remove', 'Say which packages to remove')
  const asked = readInstallOptions(input)
  const chosen = await chosenMembers(input, { folder: asked.root, command: 'remove' })
  const places = chosen === undefined ? [] : placesOf(chosen.root, chosen.members)
  const found = new Set<string>()
  const known = new Set<string>()
  const plan: Planning['plan'] = (manifest, { root }) => {
    for (const name of manifest.names()) known.add(name)
    return input.positionals.flatMap((name) => {
      const own = members.filter((member) => manifest.specifiers(member).has(name))
      if (own.length > 0) found.add(name)
      else if (places.length < 2) throw absent(root, name)
      return own.map((member) => ({ member, name, specifier: undefined }))
    })
  }
  const absent = (root: string, name: string): SteleError =>
    absentDependency(root, name, { where: 'package.json', known: [...known] })
  const planned = (): undefined => {
    const missing = input.positionals.find((name) => !found.has(name))
    if (missing !== undefined) throw absent(chosen?.root ?? '', missing)
  }
  const { report } = await changeManifest(asked, { plan, places, planned })
  if (asked.isDryRun === true) return report
  // A folder, or what others need as well: no package is gone.
  const changed = new Set(report.changes.map(({ name }) => name))
  const others = [...found].filter((name) => !changed.has(name))
  const gone = others.map((name) => `${name} is not in package.json any more`)
  return { ...report, notices: [...gone, ...report.notices] }
}
