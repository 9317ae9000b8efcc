// stele update: newer versions, within what package.jsons allow: of everything, or of one package wherever it is.
import { isSteleError } from '@stele/errors'
import { lockedOf, rangeIn } from '@stele/locks'
import type { Importer, Packument } from '@stele/resolve/graph'
import { changeManifest, type DependencyManifest } from '../client/change-manifest.ts'
import { installGraph } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import { instancesOf } from '../client/lock/dependency-paths.ts'
import { readLockFile } from '../client/lock/lock-file.ts'
import { type ManifestEdit, members } from '../client/project/edit-manifest.ts'
import { placeOf, placesOf } from '../client/project/place.ts'
import { readProject } from '../client/project/project.ts'
import { absentDependency } from '../client/resolving/absent-dependency.ts'
import { type Blocked, blockersOf } from '../client/resolving/blockers.ts'
import { openPackuments, type Packuments } from '../client/resolving/packuments.ts'
import type { Command, Input } from './command.ts'
import {
  describeInstall,
  installOptions,
  lockOptions,
  newest,
  readInstallOptions,
} from './install-input.ts'
import { chosenMembers, isChosen, workspaceOptions } from './workspace-options.ts'

type Report = InstallReport & { readonly blocked: readonly Blocked[] }

/** Updates these packages, or all. */
export const update: Command<Report> = {
  usage: {
    name: 'update',
    summary: 'Update packages, within the ranges that are wanted of them',
    arguments: '[name...]',
    options: {
      latest: {
        type: 'boolean',
        short: 'L',
        summary: 'of what package.json names, what is tagged "latest": package.json is changed',
      },
      ...workspaceOptions,
      ...installOptions,
      ...lockOptions,
    },
    notes: [
      'With names only these change, wherever they are: package.json need not name them. Where something keeps',
      'them from their newest version, it says what.',
    ],
  },
  run,
  view: (report) =>
    describeInstall(
      report,
      'all changes',
      report.blocked.map(
        ({ name, version, latest, by, wanted }) =>
          `${name} stays at ${version}, and ${latest} is out: ${by} wants ${wanted}`,
      ),
    ),
}

async function run(input: Input): Promise<Report> {
  const { options } = input
  const asked = newest(readInstallOptions(input))
  const { root } = await placeOf(asked.root)
  const chosen = await chosenMembers(input, { folder: asked.root, command: 'update' })
  const positionals =
    chosen === undefined || input.positionals.length > 0
      ? input.positionals
      : namesOf(root, ({ folder }) => isChosen(chosen, folder))
  const names = forgottenNames(root, positionals)
  const places = chosen === undefined ? [] : placesOf(chosen.root, chosen.members)
  const relocking = {
    ...asked,
    relock: (before: Parameters<typeof lockedOf>[0] | undefined) =>
      before === undefined || positionals.length === 0 ? undefined : lockedOf(before, { names }),
  }
  const packuments = openPackuments({ ...asked, root }, await readProject(root))
  try {
    const { report, graph } =
      options['latest'] === true
        ? await changeManifest(relocking, {
            plan: (manifest) => latestEdits(manifest, positionals, packuments),
            places,
          })
        : await installGraph(relocking)
    return { ...report, blocked: await blockersOf(graph, names, packuments.of) }
  } finally {
    packuments.close()
  }
}

/** What some package.jsons depend on. */
function namesOf(root: string, isMeant: (importer: Importer) => boolean): readonly string[] {
  const importers = readLockFile(root)?.lock.graph.importers ?? []
  const directs = importers.filter(isMeant).flatMap((importer) => importer.directs)
  return [
    ...new Set(directs.flatMap((direct) => (rangeIn(direct) === undefined ? [] : direct.name))),
  ]
}

/** Names in the registry; an alias of package.json is known by its own too. Throws dependency_absent. */
function forgottenNames(root: string, typed: readonly string[]): ReadonlySet<string> {
  const graph = readLockFile(root)?.lock.graph
  if (graph === undefined) return new Set(typed)
  const names = [...new Set([...graph.packages.values()].map(({ name }) => name))]
  return new Set(
    typed.map((name) => {
      const directs = graph.importers.flatMap((importer) => importer.directs)
      const direct = directs.find((each) => each.name === name)
      const real = direct === undefined ? undefined : rangeIn(direct)?.name
      if (real !== undefined) return real
      if (instancesOf(graph, { name }).length === 0)
        throw absentDependency(root, name, { where: 'stele.lock', known: names })
      return name
    }),
  )
}

/** What package.json names, as ranges of what is tagged "latest"; those that begin as they did. */
async function latestEdits(
  manifest: DependencyManifest,
  names: readonly string[],
  packuments: Packuments,
): Promise<readonly ManifestEdit[]> {
  const asked = members
    .filter((member) => member !== 'peerDependencies')
    .flatMap((member) =>
      [...manifest.specifiers(member)].map(([name, specifier]) => ({ member, name, specifier })),
    )
    .filter(({ name }) => names.length === 0 || names.includes(name))
  const edits = asked.map(async ({ member, name, specifier }): Promise<readonly ManifestEdit[]> => {
    const range = rangeIn({ name, specifier })
    if (range?.isRange !== true) return []
    const packument = await packuments.of(range.name)
    const latest = await latestOf(packument, packuments)
    if (latest === undefined) return []
    const [, sign = '^'] = /^\s*(\^|~|(?=\d+\.\d+\.\d+))/.exec(range.wanted) ?? []
    const alias = range.name === name ? '' : `npm:${range.name}@`
    return [{ member, name, specifier: `${alias}${sign}${latest}` }]
  })
  return (await Promise.all(edits)).flat()
}

/** Where no version may be chosen, the dependency stays as it is. */
async function latestOf(packument: Packument, packuments: Packuments): Promise<string | undefined> {
  try {
    return (await packuments.choose(packument, 'latest')).release.version
  } catch (error) {
    const isNone = isSteleError(error, 'version_absent') || isSteleError(error, 'version_refused')
    if (isNone) return undefined
    throw error
  }
}
