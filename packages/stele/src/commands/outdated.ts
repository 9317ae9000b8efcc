// stele outdated: which dependencies have newer versions.
import { rangeIn } from '@stele/locks'
import { linkedFolder } from '@stele/resolve/graph'
import { findOutdated, type Outdated } from '@stele/resolve/queries'
import { needLock } from '../client/lock/lock-file.ts'
import { placeOf } from '../client/project/place.ts'
import { absentDependency } from '../client/resolving/absent-dependency.ts'
import { openPackuments } from '../client/resolving/packuments.ts'
import { pathNode } from '../client/store/path-node.ts'
import { columns } from './columns.ts'
import type { Command, Input } from './command.ts'
import {
  folderOf,
  freshnessOptions,
  newest,
  placeOptions,
  readInstallOptions,
} from './install-input.ts'
import { chosenMembers, isChosen, workspaceOptions } from './workspace-options.ts'

/** Lists dependencies of package.json that have newer versions. */
export const outdated: Command<readonly Outdated[]> = {
  usage: {
    name: 'outdated',
    summary: 'List dependencies that have newer versions; ends with 1 where there are any',
    arguments: '[name...]',
    options: { ...workspaceOptions, ...placeOptions, ...freshnessOptions },
  },
  run,
  view: (rows) =>
    rows.length === 0
      ? 'Everything is up to date'
      : columns([
          ['package', 'current', 'wanted', 'latest', 'wanted by'],
          ...rows.map(({ name, current, wanted, latest, kind, folder }) => [
            name,
            current ?? 'missing',
            wanted ?? '-',
            latest ?? '-',
            `${folder === '.' ? '' : `${folder}/`}package.json${kind === 'devDependencies' ? ' (dev)' : ''}`,
          ]),
        ]),
  exitCode: (rows) => (rows.length === 0 ? 0 : 1),
}

async function run(input: Input): Promise<readonly Outdated[]> {
  const { root } = await placeOf(folderOf(input))
  const { graph } = needLock(root)
  const { positionals } = input
  const chosen = await chosenMembers(input, { folder: folderOf(input), command: 'outdated' })
  const importers = graph.importers.filter(({ folder }) => isChosen(chosen, folder))
  // A registry knows nothing of the packages of this workspace.
  const directs = importers
    .flatMap((importer) => importer.directs)
    .filter(({ instance }) => instance === undefined || linkedFolder(instance) === undefined)
  const asked = directs.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const known = importers.flatMap((importer) => importer.directs.map(({ name }) => name))
  const missing = positionals.find((name) => !known.includes(name))
  if (missing !== undefined) {
    throw absentDependency(root, missing, { where: 'package.json', known })
  }
  const packuments = openPackuments({ ...newest(readInstallOptions(input)), root })
  try {
    const names = new Set(asked.flatMap((direct) => rangeIn(direct)?.name ?? []))
    const found = await Promise.all(
      [...names].map(async (name) => [name, await packuments.of(name)] as const),
    )
    const answers = new Map(found)
    const { version: nodeVersion } = pathNode({ ...input.environment })
    const rows = findOutdated(graph, (name) => answers.get(name), { nodeVersion })
    return rows.filter(
      ({ name, folder }) =>
        isChosen(chosen, folder) && asked.some((direct) => direct.name === name),
    )
  } finally {
    packuments.close()
  }
}
