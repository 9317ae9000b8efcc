// stele why: who wants a package.
import { resolve } from 'node:path'
import type { JsonObject } from '@stele/formats/json'
import { openStore } from '@stele/install'
import { type Graph, type InstanceKey, linkedFolder } from '@stele/resolve/graph'
import { type Way, waysTo } from '@stele/resolve/queries'
import { installedFiles } from '../client/layout/installed.ts'
import { allWays } from '../client/lock/dependency-paths.ts'
import { needLock } from '../client/lock/lock-file.ts'
import { manifestIn } from '../client/project/manifest-in.ts'
import { placeOf } from '../client/project/place.ts'
import { instancesNamed } from '../client/resolving/instances-named.ts'
import { storeFolder } from '../client/store/registered.ts'
import type { Command, Input } from './command.ts'
import { folderOf, placeOptions } from './install-input.ts'
import { needArguments } from './need-arguments.ts'

type Found = {
  /** `name@version`. */
  readonly id: string
  readonly ways: readonly {
    /** The folder of the package.json, then packages, the one that was asked for last. */
    readonly chain: readonly string[]
    readonly kind: string
    /** What the package.json says of the first package. */
    readonly specifier: string
    /** What each package of the chain was wanted as, by the one before it; empty where the lock does not tell. */
    readonly ranges: readonly string[]
  }[]
  /** Whether there are more ways than these. */
  readonly isCut: boolean
}

const maxWays = 1000
const maxShown = 5

/** Tells who depends on a package: the shortest ways to each of its versions, or every way. */
export const why: Command<readonly Found[]> = {
  usage: {
    name: 'why',
    summary: 'Show who wants a package: the shortest ways to each of its versions',
    arguments: '<name[@version]>',
    options: {
      all: { type: 'boolean', short: 'a', summary: 'every way, not the shortest ones only' },
      ...placeOptions,
    },
  },
  run,
  view: (found) => found.flatMap(describe).join('\n'),
}

async function run(input: Input): Promise<readonly Found[]> {
  needArguments(input, 'why', 'Say which package to explain')
  const { root } = await placeOf(folderOf(input))
  const { graph } = needLock(root)
  const rangeOf = openRanges(root, graph, { ...input.environment })
  return input.positionals.flatMap((typed) => {
    const keys = instancesNamed(root, graph, typed)
    const byId = Map.groupBy(keys, (key) => graph.instances.get(key)?.id ?? key)
    return [...byId].map(([id, same]) => foundOf(graph, { id, keys: same, input, rangeOf }))
  })
}

type Asked = {
  readonly id: string
  readonly keys: readonly InstanceKey[]
  readonly input: Input
  readonly rangeOf: (from: InstanceKey, to: InstanceKey) => string
}

function foundOf(graph: Graph, { id, keys, input, rangeOf }: Asked): Found {
  const isAll = input.options['all'] === true
  if (isAll || linkedFolder(id) !== undefined) {
    const { ways, isCut } = allWays(graph, keys, isAll ? maxWays : maxShown)
    return { id, ways: distinct(ways.map((way) => told(graph, way, rangeOf))), isCut }
  }
  const own = waysTo(graph, graph.packages.get(id)?.name ?? '').get(id) ?? []
  const ways = distinct(own.map((way) => told(graph, way, rangeOf)))
  return { id, ways: ways.slice(0, maxShown), isCut: ways.length > maxShown }
}

function told(
  graph: Graph,
  { folder, keys }: Way,
  rangeOf: Asked['rangeOf'],
): Found['ways'][number] {
  const { importers, instances } = graph
  const directs = importers.find((importer) => importer.folder === folder)?.directs
  const first = directs?.find(({ instance }) => instance === keys[0])
  const chain = [folder, ...keys.map((key) => instances.get(key)?.id ?? key)]
  const specifier = first?.specifier ?? ''
  const ranges = keys.slice(1).map((key, at) => rangeOf(keys[at] ?? '', key))
  return { chain, kind: first?.kind ?? '', specifier, ranges: [specifier, ...ranges] }
}

/** What one package wants of another, as its own package.json says: the lock does not tell. Empty where its files are not on this machine. */
function openRanges(root: string, graph: Graph, env: NodeJS.ProcessEnv): Asked['rangeOf'] {
  const filesOf = installedFiles(root, graph, openStore(storeFolder(env)))
  const manifests = new Map<string, JsonObject>()
  const manifestOf = (key: InstanceKey): JsonObject => {
    const folder = linkedFolder(key) ?? filesOf(key)
    const known =
      manifests.get(folder) ?? (folder === '' ? {} : (manifestIn(resolve(root, folder)) ?? {}))
    manifests.set(folder, known)
    return known
  }
  return (from, to) => {
    const dependencies = graph.instances.get(from)?.dependencies ?? new Map<string, string>()
    const [name = ''] = [...dependencies].find(([, target]) => target === to) ?? []
    const manifest = manifestOf(from)
    for (const member of ['optionalDependencies', 'dependencies', 'peerDependencies']) {
      const wanted = manifest[member]
      const range = typeof wanted === 'object' && wanted !== null ? Object(wanted)[name] : undefined
      if (typeof range === 'string') return range
    }
    return ''
  }
}

/** Surroundings make several instances of one package: for a reader they are the same. */
function distinct(ways: Found['ways']): Found['ways'] {
  return [...new Map(ways.map((way) => [way.chain.join('\n'), way])).values()]
}

function describe({ id, ways, isCut }: Found): readonly string[] {
  return [
    id,
    ...ways.map(({ chain: [folder = '.', ...packages], kind, ranges }) => {
      const file = folder === '.' ? 'package.json' : `${folder}/package.json`
      const mark = kind === 'dependencies' ? '' : ` (${kind.replace('Dependencies', '')})`
      const steps = packages.map((id, at) => {
        const range = ranges[at] ?? ''
        return range === '' ? id : `${id} (${range})`
      })
      return `  ${[`${file}${mark}`, ...steps].join(' > ')}`
    }),
    ...(isCut ? ['  and more: --all shows up to a thousand'] : []),
  ]
}
