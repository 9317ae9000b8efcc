// npm run bench [-- name… --write]: runs benchmarks one after the other, each in a process of its own.
// With --write their tables replace their sections of RESULTS.md; the other sections stay.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formatTable, type Report, type Row, short } from './parts/report.ts'

/** The benchmarks, in the order of the results. */
const titles = {
  publish: 'Publishes a second',
  'publish-cost': 'Where a publish goes',
  reads: 'Reads',
  append: 'Versions added to packages of 1,000',
  search: 'Search',
  proxy: 'A proxy of an upstream',
  client: 'The client beside others',
  install: 'An installation through a proxy',
  start: 'Start',
  memory: 'Memory',
  replay: 'Replay',
  mirror: 'Mirrors',
  vm: 'Scripts as services',
  host: 'Script host',
  trie: 'State trie',
} as const
type Name = keyof typeof titles

const head = `# Results

Written by \`npm run bench -- --write\`; what is measured, and how to repeat it, is in README.md. Absolute figures move with the
machine and with what else runs on it: compare within one table. \`±\` is half of the way from the slowest to the fastest round.`

const results = fileURLToPath(new URL('RESULTS.md', import.meta.url))
const { positionals, values } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const known = Object.keys(titles).filter(isName)
const unknown = positionals.filter((name) => !isName(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}"; there are ${known.join(', ')}`)
  process.exit(2)
}
const wanted = positionals.length === 0 ? known : positionals.filter(isName)
for (const name of wanted) {
  console.log(`\n== ${name}`)
  const outcome = await runBenchmark(name)
  if (values.write) writeSection(name, formatSection(outcome))
}

function isName(name: string): name is Name {
  return Object.hasOwn(titles, name)
}

/** Runs it, showing what it prints; its last line is its outcome as JSON. */
async function runBenchmark(name: Name): Promise<unknown> {
  const program = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let last = ''
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith('{')) console.log(line)
    if (line !== '') last = line
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`The benchmark "${name}" ended with ${code}`)
  return JSON.parse(last)
}

function formatSection(outcome: unknown): string {
  const { tables, remarks } = isReport(outcome) ? outcome : reportOf(outcome)
  const parts = tables.map(({ caption, rows }) => `${caption}:\n\n${formatTable(rows)}`)
  return [...remarks, ...parts].join('\n\n')
}

function isReport(outcome: unknown): outcome is Report {
  return (
    typeof outcome === 'object' && outcome !== null && 'tables' in outcome && 'remarks' in outcome
  )
}

/** A report of plain figures: single ones in one table, lists and objects of rows in one each. */
function reportOf(outcome: unknown): Report {
  const members = Object.entries(outcome ?? {})
  const single = members.filter(([, value]) => typeof value !== 'object')
  const tables = members.flatMap(([caption, value]) => {
    if (typeof value !== 'object' || value === null) return []
    const rows = Array.isArray(value)
      ? value.map(rowOf)
      : Object.entries(value).map(([name, row]) => ({ name, ...rowOf(row) }))
    return [{ caption, rows }]
  })
  const figures = single.map(([figure, value]): Row => ({ figure, value: cellOf(value) }))
  return { tables: [{ caption: 'figures', rows: figures }, ...tables], remarks: [] }
}

function rowOf(value: unknown): Row {
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, cell]) => [key, cellOf(cell)]))
}

function cellOf(value: unknown): string | number {
  return typeof value === 'number' ? short(value) : String(value)
}

/** Puts the section in its place, between comments that name it. */
function writeSection(name: Name, section: string): void {
  const sections = readSections()
  const date = new Date().toISOString().slice(0, 10)
  sections.set(
    name,
    `## ${titles[name]}\n\n\`bench/${name}.ts\`, ${date}, ${machine()}\n\n${section}`,
  )
  const ordered = known.flatMap((each) => {
    const found = sections.get(each)
    return found === undefined ? [] : [`<!-- ${each} -->\n${found}\n<!-- end -->`]
  })
  writeFileSync(results, `${head}\n\n${ordered.join('\n\n')}\n`)
}

function readSections(): Map<Name, string> {
  const file = existsSync(results) ? readFileSync(results, 'utf8') : ''
  const found = file.matchAll(/<!-- ([\w-]+) -->\n(.*?)\n<!-- end -->/gs)
  return new Map(
    Array.from(found, ([, name = '', section = '']) => [name, section] as const).filter(
      (entry): entry is [Name, string] => isName(entry[0]),
    ),
  )
}

function machine(): string {
  const [cpu] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
  const versions = `Node ${process.versions.node}, Verdaccio ${verdaccioVersion()}`
  const load = `load average ${loadavg()[1]?.toFixed(1)}`
  return `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${memory}, ${process.platform}, ${versions}, ${load}`
}

function verdaccioVersion(): string {
  const manifest: { readonly dependencies: { readonly verdaccio: string } } = JSON.parse(
    readFileSync(new URL('peers/package.json', import.meta.url), 'utf8'),
  )
  return manifest.dependencies.verdaccio
}
