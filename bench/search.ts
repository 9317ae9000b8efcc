// How long searches take among 10,000 packages, Stele beside Verdaccio: `node bench/search.ts [rounds]`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filledName, openFilledFolder, packageCount } from './parts/filled-folder.ts'
import { type JobResult, prepareJob } from './parts/load.ts'
import { cpuMs, settled } from './parts/process-cost.ts'
import { prepareVerdaccio, type Registry, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 4)
const counts = { stele: 400, verdaccio: 2 } as const
type Name = keyof typeof counts

/** All packages have the words "benchmark" and "small"; each has its own number. */
const queries = [
  ['a name', 'package-4711'],
  ['the start of many names', 'package-1'],
  ['a word of all packages', 'benchmark'],
  ['a word of all, and one of few', 'benchmark 4711'],
  ['a keyword', 'keywords:small'],
  ['nothing that is there', 'xylophone'],
] as const

type Cost = JobResult & { readonly cpuMs: number }

const folder = makeFolder()
const filled = await openFilledFolder()
const registries = new Map<Name, Registry>()
const costs = new Map<string, Cost[]>()
try {
  registries.set('stele', await startRegistry('stele', { dir: filled.path }))
  registries.set('verdaccio', await startFilledVerdaccio(join(folder.path, 'verdaccio')))
  for (let round = 0; round < rounds; round++) {
    for (const [title, text] of queries) {
      for (const [name, registry] of registries) {
        const cost = await search(name, registry, text)
        const key = `${title} ${name}`
        if (round > 0) costs.set(key, [...(costs.get(key) ?? []), cost])
      }
    }
  }
  printReport({
    tables: [
      {
        caption: `One search after the other among ${packageCount} packages, 20 results, milliseconds`,
        rows: queries.map(([title]) => rowOf(title)),
      },
    ],
    remarks: [
      `Medians of ${rounds - 1} rounds of ${counts.stele} searches (Verdaccio ${counts.verdaccio}); p50 and p99 are of single answers.`,
      "Verdaccio's packages were written into its storage.",
    ],
  })
} finally {
  for (const registry of registries.values()) await registry.stop()
  filled.remove()
  folder.remove()
}

/** A copy of one published package under each name. */
async function startFilledVerdaccio(dir: string): Promise<Registry> {
  await prepareVerdaccio(dir)
  const storage = join(dir, 'storage')
  const first = readFileSync(join(storage, 'first/package.json'), 'utf8')
  const names = Array.from({ length: packageCount }, (_, at) => filledName(at))
  for (const name of names) {
    mkdirSync(join(storage, name))
    writeFileSync(join(storage, name, 'package.json'), first.replaceAll('first', name))
  }
  const index = join(storage, '.verdaccio-db.json')
  const known: { readonly list: readonly string[] } = JSON.parse(readFileSync(index, 'utf8'))
  writeFileSync(index, JSON.stringify({ ...known, list: [...known.list, ...names] }))
  return startRegistry('verdaccio', { dir })
}

async function search(name: Name, registry: Registry, text: string): Promise<Cost> {
  const path = `/-/v1/search?text=${encodeURIComponent(text)}&size=20`
  const work = { kind: 'get', path, headers: {}, count: counts[name], status: 200 } as const
  const job = await prepareJob({ url: registry.url, clients: 1, work })
  await settled(registry.pid)
  const before = cpuMs(registry.pid)
  const result = await job.run()
  return { ...result, cpuMs: cpuMs(registry.pid) - before }
}

function rowOf(title: string): Row {
  const of = (name: Name, read: (cost: Cost) => number): number[] =>
    (costs.get(`${title} ${name}`) ?? []).map(read)
  const p50 = (cost: Cost): number => cost.p50Ms
  return {
    search: title,
    'p50, stele': short(median(of('stele', p50))),
    spread: spread(of('stele', p50)),
    'p99, stele': short(median(of('stele', (cost) => cost.p99Ms))),
    'CPU, stele': short(median(of('stele', (cost) => cost.cpuMs / cost.requests))),
    'p50, verdaccio': short(median(of('verdaccio', p50))),
    'stele / verdaccio': short(median(of('stele', p50)) / median(of('verdaccio', p50))),
  }
}
