// What a server holds in memory: `node bench/memory.ts [starts]`. Stele with 10,000 packages and 150,000 leaves of state.
import { setTimeout } from 'node:timers/promises'
import { filledName, openFilledFolder, packageCount } from './parts/filled-folder.ts'
import { prepareJob } from './parts/load.ts'
import { treeResidentBytes } from './parts/process-cost.ts'
import {
  buildStele,
  prepareVerdaccio,
  publishSmall,
  type Registry,
  type RegistryName,
  startRegistry,
} from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const starts = Number(process.argv[2] ?? 3)
const settleMs = 5_000
const readCount = 20_000
const abbreviated = 'application/vnd.npm.install-v1+json'

/** Megabytes, in the order in which they are taken. */
type Memory = {
  /** With nothing in its folder. */
  readonly empty: number
  readonly idle: number
  readonly afterWrite: number
  readonly afterReads: number
}
type Subject = {
  readonly name: RegistryName
  readonly dir: string
  readonly token: string
  readonly packages: readonly string[]
}

buildStele()
const folder = await openFilledFolder()
const other = makeFolder()
try {
  const packages = Array.from({ length: packageCount }, (_, at) => filledName(at))
  const stele = { dir: folder.path, token: folder.token, packages }
  const subjects: readonly Subject[] = [
    { name: 'stele', ...stele },
    { name: 'stele (npm start)', ...stele },
    { name: 'stele (built)', ...stele },
    { ...(await prepareVerdaccio(other.path)), packages: ['first'] },
  ]
  const rows: Row[] = []
  for (const subject of subjects) {
    const found: Memory[] = []
    for (let start = 0; start < starts; start++) found.push(await measure(subject, start))
    rows.push(rowOf(subject.name, found))
  }
  printReport({
    tables: [{ caption: 'Resident memory of the process and its children, MB', rows }],
    remarks: [
      `Stele holds ${packageCount} packages in 35,000 entries, Verdaccio one; medians of ${starts} starts, each figure ${settleMs / 1000} s after what it follows.`,
      `Empty is on a new folder. ${readCount} packuments are every package twice, abbreviated and full, compressed by gzip; Verdaccio's one as often.`,
    ],
  })
} finally {
  folder.remove()
  other.remove()
}

async function measure({ name, dir, token, packages }: Subject, start: number): Promise<Memory> {
  const empty = await measureEmpty(name)
  const registry = await startRegistry(name, { dir })
  try {
    const idle = await settledMegabytes(registry)
    await publishSmall(registry, token, `memory-${name.length}-${start}`)
    const afterWrite = await settledMegabytes(registry)
    for (const accept of [abbreviated, 'application/json'])
      await readAll(registry, packages, accept)
    return { empty, idle, afterWrite, afterReads: await settledMegabytes(registry) }
  } finally {
    await registry.stop()
  }
}

async function measureEmpty(name: RegistryName): Promise<number> {
  const { path, remove } = makeFolder()
  try {
    const registry = await startRegistry(name, { dir: path })
    const megabytes = await settledMegabytes(registry)
    await registry.stop()
    return megabytes
  } finally {
    remove()
  }
}

async function settledMegabytes({ pid }: Registry): Promise<number> {
  await setTimeout(settleMs)
  return treeResidentBytes(pid) / 1e6
}

/** Half of the packuments, in this form. */
async function readAll(
  { url }: Registry,
  packages: readonly string[],
  accept: string,
): Promise<void> {
  const count = readCount / 2
  const paths = Array.from({ length: count }, (_, at) => `/${packages[at % packages.length]}`)
  const headers = { accept, 'accept-encoding': 'gzip' }
  const job = await prepareJob({ url, clients: 8, work: { kind: 'get-each', paths, headers } })
  await job.run()
}

function rowOf(registry: RegistryName, found: readonly Memory[]): Row {
  const of = (pick: (one: Memory) => number): number => short(median(found.map(pick)))
  return {
    registry,
    empty: of((one) => one.empty),
    idle: of((one) => one.idle),
    'after a publish': of((one) => one.afterWrite),
    [`after ${readCount} packuments`]: of((one) => one.afterReads),
    'its spread': spread(found.map((one) => one.afterReads)),
  }
}
