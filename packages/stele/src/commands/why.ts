// stele why: who wants a package.
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import { type Way, waysTo } from '@stele/resolve/queries'
import { allWays, instancesOf } from '../client/lock/dependency-paths.ts'
import { needLock } from '../client/lock/lock-file.ts'
import { placeOf } from '../client/project/place.ts'
import { absentDependency } from '../client/resolving/absent-dependency.ts'
import { splitSpec } from '../client/resolving/wish.ts'
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
    readonly specifier: string
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
  return input.positionals.flatMap((typed) => {
    const { name, version } = splitSpec(typed)
    const keys = instancesOf(graph, { name, version })
    if (keys.length === 0) {
      const known = graph.packages.values().map((one) => one.name)
      throw absentDependency(root, typed, { where: 'stele.lock', known: known.toArray() })
    }
    const byId = Map.groupBy(keys, (key) => graph.instances.get(key)?.id ?? key)
    return [...byId].map(([id, own]) => foundOf(graph, { id, keys: own, input }))
  })
}

type Asked = { readonly id: string; readonly keys: readonly InstanceKey[]; readonly input: Input }

function foundOf(graph: Graph, { id, keys, input }: Asked): Found {
  if (input.options['all'] === true) {
    const { ways, isCut } = allWays(graph, keys, maxWays)
    return { id, ways: distinct(ways.map((way) => told(graph, way))), isCut }
  }
  const own = waysTo(graph, graph.packages.get(id)?.name ?? '').get(id) ?? []
  const ways = distinct(own.map((way) => told(graph, way)))
  return { id, ways: ways.slice(0, maxShown), isCut: ways.length > maxShown }
}

function told({ importers, instances }: Graph, { folder, keys }: Way): Found['ways'][number] {
  const directs = importers.find((importer) => importer.folder === folder)?.directs
  const first = directs?.find(({ instance }) => instance === keys[0])
  const chain = [folder, ...keys.map((key) => instances.get(key)?.id ?? key)]
  return { chain, kind: first?.kind ?? '', specifier: first?.specifier ?? '' }
}

/** Surroundings make several instances of one package: for a reader they are the same. */
function distinct(ways: Found['ways']): Found['ways'] {
  return [...new Map(ways.map((way) => [way.chain.join('\n'), way])).values()]
}

function describe({ id, ways, isCut }: Found): readonly string[] {
  return [
    id,
    ...ways.map(({ chain: [folder = '.', ...packages], kind, specifier }) => {
      const file = folder === '.' ? 'package.json' : `${folder}/package.json`
      const mark = kind === 'dependencies' ? '' : ` (${kind.replace('Dependencies', '')})`
      return `  ${file}${mark} > ${packages.join(' > ')}, wanted as ${JSON.stringify(specifier)}`
    }),
    ...(isCut ? ['  and more: --all shows up to a thousand'] : []),
  ]
}
