// npm run architecture: writes the table of packages in ARCHITECTURE.md from layers.json and the package.json files.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEdges, readLayers } from './layers.ts'
import { root } from './run.ts'

const file = join(root, 'ARCHITECTURE.md')
const begin = '<!-- packages: written by "npm run architecture" -->\n'
const end = '<!-- end of packages -->'
const layerNames: { readonly [layer: string]: string } = {
  '0': '0 pure',
  '1': '1 engine',
  '2': '2 service',
  '3': '3 edge',
  '4': '4 app',
  test: 'test',
}

/** The document with its table as it should be. */
export function writeTable(document: string): string {
  const [from, to] = [document.indexOf(begin) + begin.length, document.indexOf(end)]
  return document.slice(0, from) + packageTable() + document.slice(to)
}

/** The document as it is. */
export function readDocument(): string {
  return readFileSync(file, 'utf8')
}

function packageTable(): string {
  const edges = readEdges()
  const rows = Object.entries(readLayers()).flatMap(([layer, names]) =>
    names.map((name, place) => {
      const { description } = JSON.parse(
        readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
      )
      const uses = edges.get(name)?.join(', ') ?? ''
      const cells = [
        place === 0 ? layerNames[layer] : '',
        `[${name}](packages/${name})`,
        description,
      ]
      return `| ${cells.join(' | ')} | ${uses} |`
    }),
  )
  return ['| layer | package | one sentence | stands on |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  )
}

if (import.meta.main) writeFileSync(file, writeTable(readDocument()))
