// stele unlink: ends what stele link began.
import { SteleError } from '@stele/errors'
import { changeManifest, type Planning } from '../client/change-manifest.ts'
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import { writeLinks } from '../client/project/links.ts'
import { manifestIn } from '../client/project/manifest-in.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, installOptions, readInstallOptions } from './install-input.ts'
import { globally, placeOfLinks } from './linking.ts'

/** Puts packages back in the place of linked folders. */
export const unlink: Command<InstallReport> = {
  usage: {
    name: 'unlink',
    summary: 'Put a package back where "stele link" put a folder',
    arguments: '[name...]',
    options: installOptions,
    notes: ['Without a name, the package of this folder is not known to other projects any more.'],
  },
  run,
  view: (report) => describeInstall(report, 'no changes'),
}

async function run(input: Input): Promise<InstallReport> {
  const { positionals } = input
  const { asked, root, folder, own, withOwn } = await placeOfLinks(input)
  if (positionals.length === 0) return unlinkGlobally(input, folder)
  for (const name of positionals) if (!Object.hasOwn(own, name)) throw unlinked(name, own)
  const rest = Object.entries(own).filter(([name]) => !positionals.includes(name))
  if (asked.isDryRun !== true) writeLinks(root, withOwn(Object.fromEntries(rest)))
  const report = await install(asked)
  return withNotice(report, positionals, 'linked')
}

async function unlinkGlobally(input: Input, folder: string): Promise<InstallReport> {
  const found = manifestIn(folder)?.['name']
  const name = typeof found === 'string' ? found : ''
  const asked = readInstallOptions(globally(input))
  const plan: Planning['plan'] = (manifest) => {
    if (!manifest.names().includes(name)) throw unlinked(name, {})
    return [{ member: 'dependencies', name, specifier: undefined }]
  }
  const { report } = await changeManifest(asked, { plan })
  return withNotice(report, [name], 'known to other projects')
}

function withNotice(report: InstallReport, names: readonly string[], what: string): InstallReport {
  const ended =
    report.isDryRun === true ? [] : names.map((name) => `${name} is not ${what} any more`)
  return { ...report, notices: [...ended, ...report.notices] }
}

function unlinked(name: string, links: object): SteleError<'usage_wrong'> {
  const names = Object.keys(links)
  const known = names.length === 0 ? 'nothing is' : `linked are ${names.join(', ')}`
  const reason = `"${name}" is not linked: ${known}. To remove a dependency, run "stele remove ${name}"`
  return new SteleError('usage_wrong', { reason, command: 'unlink' })
}
