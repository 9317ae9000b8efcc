// Compares the dependencies in each package.json with the layers: imports point down only, engines never import engines.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.ts'

type Layers = { readonly [layer: string]: readonly string[] }

/** The one edge inside a layer above 0: faces are made of the routes that http defines, and http knows no face. */
const insideLayer: ReadonlySet<string> = new Set(['faces imports http'])

/** What is wrong with the edges, one line each. `edges` maps a package to what it depends on, without the scope. */
export function findFaults(
  layers: Layers,
  edges: ReadonlyMap<string, readonly string[]>,
): string[] {
  const rank = new Map(
    Object.entries(layers).flatMap(([layer, names]) =>
      names.map((name, place) => [name, { layer, place }] as const),
    ),
  )
  const faults: string[] = []
  for (const [from, targets] of edges) {
    const own = rank.get(from)
    if (own === undefined) faults.push(`"${from}" stands in no layer of scripts/layers.json`)
    for (const to of targets) {
      const other = rank.get(to)
      if (own === undefined || other === undefined || own.layer === 'test') continue
      if (other.layer === 'test') faults.push(`"${from}" ships "${to}", which is for tests only`)
      else if (other.layer > own.layer)
        faults.push(`"${from}" imports "${to}" from a layer above it`)
      else if (insideLayer.has(`${from} imports ${to}`)) continue
      else if (other.layer === own.layer && own.layer === '0' && other.place > own.place) {
        faults.push(`"${from}" imports "${to}", which stands after it in layer 0`)
      } else if (other.layer === own.layer && own.layer !== '0') {
        faults.push(`"${from}" imports "${to}" of its own layer`)
      }
    }
  }
  return faults
}

/** The edges between the packages of this repository, from their package.json files. */
export function readEdges(): ReadonlyMap<string, readonly string[]> {
  const packages = join(root, 'packages')
  return new Map(
    readdirSync(packages).map((name) => {
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(packages, name, 'package.json'), 'utf8'),
      )
      const own = Object.keys(dependencies).filter((target) => target.startsWith('@stele/'))
      return [name, own.map((target) => target.slice('@stele/'.length))]
    }),
  )
}

/** The layers of scripts/layers.json. */
export function readLayers(): Layers {
  return JSON.parse(readFileSync(join(root, 'scripts', 'layers.json'), 'utf8'))
}

if (import.meta.main) {
  const faults = findFaults(readLayers(), readEdges())
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
