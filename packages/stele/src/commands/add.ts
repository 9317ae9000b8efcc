// stele add: packages into package.json, and into node_modules.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { changeManifest, type DependencyManifest } from '../client/change-manifest.ts'
import { type ManifestEdit, type Member, members } from '../client/edit-manifest.ts'
import type { InstallReport } from '../client/install.ts'
import { openPackuments } from '../client/packuments.ts'
import { placeOf } from '../client/place.ts'
import { readProject } from '../client/project.ts'
import { readWish, saved, type Wish } from '../client/wish.ts'
import type { Command, Input } from './command.ts'
import { describeInstall, installOptions, readInstallOptions } from './install-input.ts'
import { needArguments } from './need-arguments.ts'

/** Adds these packages to package.json and installs them. */
export const add: Command<InstallReport> = {
  usage: {
    name: 'add',
    summary: 'Add packages to this project and install them',
    arguments: '<package...>',
    options: {
      'save-dev': { type: 'boolean', short: 'D', summary: 'into devDependencies' },
      'save-optional': { type: 'boolean', short: 'O', summary: 'into optionalDependencies' },
      'save-prod': { type: 'boolean', short: 'P', summary: 'into dependencies' },
      'save-peer': {
        type: 'boolean',
        summary: 'into peerDependencies, and for development into devDependencies',
      },
      'save-exact': { type: 'boolean', short: 'E', summary: 'the version itself, without ^' },
      dev: { type: 'boolean', short: 'd', as: 'save-dev', summary: '' },
      optional: { type: 'boolean', as: 'save-optional', summary: '' },
      prod: { type: 'boolean', as: 'save-prod', summary: '' },
      save: { type: 'boolean', short: 'S', as: 'save-prod', summary: '' },
      peer: { type: 'boolean', as: 'save-peer', summary: '' },
      exact: { type: 'boolean', as: 'save-exact', summary: '' },
      ...installOptions,
    },
    notes: ['"stele help specifiers" tells what may be added.'],
  },
  run,
  view: (report) => describeInstall(report, 'direct changes'),
}

async function run(input: Input): Promise<InstallReport> {
  needArguments(input, 'add', 'Say which packages to add')
  const asked = readInstallOptions(input)
  const { root, folder } = await placeOf(asked.root)
  const wishes = input.positionals.map((typed) => readWish(typed, process.cwd(), folder))
  const isExact = input.options['save-exact'] === true
  const isProject = existsSync(join(folder, 'package.json'))
  const project = isProject ? await readProject(root) : undefined
  const packuments = openPackuments({ ...asked, root }, project)
  try {
    const { report } = await changeManifest(asked, async (manifest) => {
      const specifiers = await Promise.all(wishes.map((wish) => saved(wish, packuments, isExact)))
      return wishes.flatMap((wish, at) => editsFor(input, manifest, { wish, to: specifiers[at] }))
    })
    return report
  } finally {
    packuments.close()
  }
}

type Saved = { readonly wish: Wish; readonly to: string | undefined }

/** Into the member that was asked for, else where it is already; out of those that say the contrary. */
function editsFor(
  { options }: Input,
  manifest: DependencyManifest,
  { wish: { name }, to: specifier }: Saved,
): readonly ManifestEdit[] {
  const isPeer = options['save-peer'] === true
  const asked: Member | undefined =
    options['save-dev'] === true || isPeer
      ? 'devDependencies'
      : options['save-optional'] === true
        ? 'optionalDependencies'
        : options['save-prod'] === true
          ? 'dependencies'
          : undefined
  const installed = members.filter((member) => member !== 'peerDependencies')
  const known = installed.filter((member) => manifest.specifiers(member).has(name))
  const member = asked ?? known.at(-1) ?? 'dependencies'
  return [
    ...known
      .filter((each) => each !== member)
      .map((each) => ({ member: each, name, specifier: undefined })),
    { member, name, specifier },
    ...(isPeer ? [{ member: 'peerDependencies' as const, name, specifier }] : []),
  ]
}
