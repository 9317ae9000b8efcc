// stele add: packages into package.json, and into node_modules.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import {
  changeManifest,
  type DependencyManifest,
  type Planning,
} from '../client/change-manifest.ts'
import type { InstallReport } from '../client/installation.ts'
import { type ManifestEdit, type Member, members } from '../client/project/edit-manifest.ts'
import { type SavePrefix, workspaceOf } from '../client/project/neighbours.ts'
import { importerOf, placeOf, placesOf } from '../client/project/place.ts'
import { emptyProject, readProject } from '../client/project/project.ts'
import { openPackuments, type Packuments } from '../client/resolving/packuments.ts'
import {
  type NamedWish,
  readWish,
  type Saved as SavedWish,
  saved,
} from '../client/resolving/wish.ts'
import type { Command, Input } from './command.ts'
import {
  describeInstall,
  installOptions,
  lockOptions,
  readInstallOptions,
} from './install-input.ts'
import { needArguments } from './need-arguments.ts'
import { chosenMembers, workspaceOptions } from './workspace-options.ts'

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
      'save-prefix': {
        type: 'string',
        value: '^|~',
        summary: 'how the range begins that is saved',
      },
      'save-exact': { type: 'boolean', short: 'E', summary: 'the version itself, without ^' },
      dev: { type: 'boolean', short: 'd', as: 'save-dev', summary: '' },
      prod: { type: 'boolean', as: 'save-prod', summary: '' },
      peer: { type: 'boolean', as: 'save-peer', summary: '' },
      exact: { type: 'boolean', as: 'save-exact', summary: '' },
      ...workspaceOptions,
      ...installOptions,
      ...lockOptions,
      optional: { type: 'boolean', as: 'save-optional', summary: '' },
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
  const chosen = await chosenMembers(input, { folder: asked.root, command: 'add' })
  const isProject = existsSync(join(folder, 'package.json'))
  const project = isProject ? await readProject(root) : undefined
  const packuments = openPackuments({ ...asked, root }, project)
  const workspace = workspaceOf(project ?? emptyProject(root))
  const pins = new Map<string, ReadonlyMap<string, string>>()
  const notices: string[] = []
  const written = new Map<string, string>()
  const plan: Planning['plan'] = async (manifest, place) => {
    const importer = importerOf(place)
    const wishes = await Promise.all(
      input.positionals.map(async (typed) => {
        const wish = readWish(typed, process.cwd(), place.folder)
        const name = wish.name ?? (await packuments.nameOf(wish.specifier, importer))
        return { ...wish, name }
      }),
    )
    const saving = { prefix: prefixIn(input, packuments), workspace, importer }
    const all = await Promise.all(wishes.map((wish) => saved(wish, packuments, saving)))
    for (const [at, each] of all.entries()) {
      const name = wishes[at]?.name ?? ''
      notices.push(...noticesOf(name, each))
      written.set(name, each.specifier)
    }
    const versions = wishes.flatMap(({ name }, at) => {
      const version = all[at]?.version
      return version === undefined ? [] : [[name, version] as const]
    })
    pins.set(importer, new Map(versions))
    return wishes.flatMap((wish, at) =>
      editsFor(manifest, memberIn(input, packuments), { wish, to: all[at]?.specifier }),
    )
  }
  try {
    const places = chosen === undefined ? [] : placesOf(chosen.root, chosen.members)
    const { report } = await changeManifest(asked, { plan, places, planned: () => pins })
    const kept = asked.isDryRun === true || asked.isUnsaved === true ? [] : keptAs(written, report)
    return { ...report, notices: [...new Set(notices), ...kept, ...report.notices] }
  } finally {
    packuments.close()
  }
}

/** What was added and is no other package in the lock: it was there for others, or it is a folder of the workspace. */
function keptAs(
  written: ReadonlyMap<string, string>,
  { changes }: InstallReport,
): readonly string[] {
  const changed = new Set(changes.map(({ name }) => name))
  return [...written].flatMap(([name, specifier]) =>
    changed.has(name) ? [] : [`${name} is in package.json as ${JSON.stringify(specifier)}`],
  )
}

/** That a newer version is not taken, and how to take it. */
function noticesOf(name: string, { version, refused }: SavedWish): readonly string[] {
  const [first] = [...(refused ?? [])]
  if (first === undefined || version === undefined) return []
  const [newer, reason] = first
  return [
    `${name} ${newer} ${reason}, so it is ${version}: "stele add ${name}@${newer}" takes it all the same`,
  ]
}

/** How ranges begin: as the flags say, else npm's settings. */
function prefixIn({ options }: Input, { setting }: Packuments): SavePrefix {
  const typed = options['save-prefix']
  const isExact = options['save-exact'] ?? (typed === undefined && setting('save-exact') === 'true')
  if (isExact === true) return ''
  const prefix = typed ?? setting('save-prefix') ?? '^'
  if (prefix === '' || prefix === '^' || prefix === '~') return prefix
  const reason = `--save-prefix "${String(prefix)}": must be "^", "~" or ""`
  throw new SteleError('usage_wrong', { reason, command: 'add' })
}

type Meant = { readonly member: Member | undefined; readonly isPeer: boolean }
const flags = [
  ['save-dev', 'devDependencies'],
  ['save-optional', 'optionalDependencies'],
  ['save-prod', 'dependencies'],
] as const

/** The member that was asked for: by a flag, else by npm's settings. */
function memberIn({ options }: Input, { setting }: Packuments): Meant {
  const isTyped = [...flags, ['save-peer']].some(([flag = '']) => options[flag] === true)
  const isOn = (flag: string): boolean =>
    isTyped ? options[flag] === true : setting(flag) === 'true'
  const isPeer = isOn('save-peer')
  const [, member] = flags.find(([flag]) => isOn(flag)) ?? []
  return { isPeer, member: isPeer ? 'devDependencies' : member }
}

type Saved = { readonly wish: NamedWish; readonly to: string | undefined }

/** Into the member that was asked for, else where it is already; out of those that say the contrary. */
function editsFor(
  manifest: DependencyManifest,
  { member: asked, isPeer }: Meant,
  { wish: { name }, to: specifier }: Saved,
): readonly ManifestEdit[] {
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
