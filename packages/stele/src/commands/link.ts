// stele link: a folder that somebody works in, in place of a package, until it is unlinked.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { isJsonObject } from '@stele/formats/json'
import { changeManifest } from '../client/change-manifest.ts'
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import { writeLinks } from '../client/project/links.ts'
import { manifestIn } from '../client/project/manifest-in.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, globalOf, installOptions, readInstallOptions } from './install-input.ts'
import { globally, placeOfLinks } from './linking.ts'

/** Links packages into this project, or this package for all projects. */
export const link: Command<InstallReport> = {
  usage: {
    name: 'link',
    summary: 'Use a folder in place of a package, until "stele unlink"',
    arguments: '[name | folder ...]',
    options: installOptions,
    notes: [
      'With a folder, its package stands in node_modules of this project, with its programs. With a name, the folder',
      'in which "stele link" was run before. Without arguments the package of this folder is made known by its name,',
      'and its programs are linked as with -g. Neither package.json nor the lock changes; "stele ci" ends all links.',
    ],
  },
  run,
  view: (report) => describeInstall(report, 'no changes'),
}

async function run(input: Input): Promise<InstallReport> {
  const { positionals } = input
  const { asked, root, folder, links, own, withOwn } = await placeOfLinks(input)
  if (positionals.length === 0) return linkGlobally(input, folder)
  const found = positionals.map((typed) => folderMeant(input, typed))
  writeLinks(root, withOwn({ ...own, ...Object.fromEntries(found) }))
  let isDone = false
  try {
    const report = await install(asked)
    isDone = asked.isDryRun !== true
    return report
  } finally {
    if (!isDone) writeLinks(root, links)
  }
}

/** Makes the package of this folder known by its name. */
async function linkGlobally(input: Input, folder: string): Promise<InstallReport> {
  const name = nameIn(folder)
  const asked = readInstallOptions(globally(input))
  const specifier = `link:${folder.replaceAll('\\', '/')}`
  const edit = { member: 'dependencies', name, specifier } as const
  const { report } = await changeManifest(asked, { plan: () => [edit] })
  const notice = `${name} is known to your other projects: "stele link ${name}" in one of them uses this folder`
  return { ...report, notices: [notice, ...report.notices] }
}

/** The name of a package, and its folder. */
function folderMeant(input: Input, typed: string): readonly [string, string] {
  const path = resolve(typed)
  if (/^(?:\.{0,2}[/\\]|\.{1,2}$|[A-Za-z]:[/\\])/.test(typed)) return [nameIn(path), path]
  const { folder } = globalOf(globally(input)) ?? {}
  const dependencies = manifestIn(folder ?? '')?.['dependencies']
  const known = dependencies !== undefined && isJsonObject(dependencies) ? dependencies[typed] : ''
  if (typeof known === 'string' && known.startsWith('link:')) {
    return [typed, known.slice('link:'.length)]
  }
  const isFolder = existsSync(join(path, 'package.json'))
  const hint = isFolder ? `; did you mean "./${typed}"?` : ''
  throw wrong(`No folder is known as "${typed}": run "stele link" in it, or name its path${hint}`)
}

function nameIn(folder: string): string {
  const manifest = manifestIn(folder)
  if (manifest === undefined) throw wrong(`There is no package.json that can be read in ${folder}`)
  if (typeof manifest['name'] === 'string') return manifest['name']
  throw wrong(`The package.json in ${folder} has no name`)
}

function wrong(reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command: 'link' })
}
