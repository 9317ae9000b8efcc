// stele remove: takes dependencies out of package.json and node_modules.

import { absentDependency } from '../client/absent-dependency.ts'
import { changeManifest } from '../client/change-manifest.ts'
import { members } from '../client/edit-manifest.ts'
import type { InstallReport } from '../client/install.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, installOptions, readInstallOptions } from './install-input.ts'
import { needArguments } from './need-arguments.ts'

/** Removes these dependencies, whichever member they stand in. */
export const remove: Command<InstallReport> = {
  usage: {
    name: 'remove',
    summary: 'Remove dependencies from this project',
    arguments: '<name...>',
    options: installOptions,
  },
  run,
  view: (report) => describeInstall(report, 'direct changes'),
}

async function run(input: Input): Promise<InstallReport> {
  needArguments(input, 'remove', 'Say which packages to remove')
  const asked = readInstallOptions(input)
  const { report } = await changeManifest(asked, (manifest, { root }) =>
    input.positionals.flatMap((name) => {
      const found = members.filter((member) => manifest.specifiers(member).has(name))
      if (found.length === 0)
        throw absentDependency(root, name, { where: 'package.json', known: manifest.names() })
      return found.map((member) => ({ member, name, specifier: undefined }))
    }),
  )
  return report
}
