// What a read costs: CPU of the server for one request, Stele beside Verdaccio: `node bench/reads.ts [rounds]`.
import { join } from 'node:path'
import { addVersions } from './parts/add-versions.ts'
import type { ReleaseName } from './parts/documents.ts'
import { type JobResult, prepareJob } from './parts/load.ts'
import { cpuMs, settled } from './parts/process-cost.ts'
import { type Registry, type RegistryName, signUp, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 5)
const clients = 4
const versionCount = 1_000
const names = ['stele', 'verdaccio'] as const
const abbreviated = 'application/vnd.npm.install-v1+json'
const gzip = { 'accept-encoding': 'gzip' }
const forInstall = { ...gzip, accept: abbreviated }

/** `counts`: requests of a round, so that each takes about half a second of CPU. */
type Case = {
  readonly title: string
  /** Also measured while packages are published. */
  readonly isUnderPublishes?: true
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly isKnown?: true
  readonly counts: Readonly<Record<(typeof names)[number], number>>
}
type Sample = JobResult & { readonly cpuMs: number }

const cases: readonly Case[] = [
  {
    title: 'small packument, full, gzip',
    path: '/small',
    headers: gzip,
    counts: { stele: 6_000, verdaccio: 500 },
  },
  {
    title: 'small packument, abbreviated, gzip',
    isUnderPublishes: true,
    path: '/small',
    headers: forInstall,
    counts: { stele: 6_000, verdaccio: 500 },
  },
  {
    title: 'the same, If-None-Match: 304',
    isUnderPublishes: true,
    path: '/small',
    headers: forInstall,
    isKnown: true,
    counts: { stele: 6_000, verdaccio: 500 },
  },
  {
    title: '1,000 versions, abbreviated, gzip',
    path: '/big',
    headers: forInstall,
    counts: { stele: 4_000, verdaccio: 20 },
  },
  {
    title: 'the same, If-None-Match: 304',
    path: '/big',
    headers: forInstall,
    isKnown: true,
    counts: { stele: 6_000, verdaccio: 20 },
  },
  {
    title: 'tarball of 100 KB',
    isUnderPublishes: true,
    path: '/blob/-/blob-1.0.0.tgz',
    headers: {},
    counts: { stele: 3_000, verdaccio: 500 },
  },
]

/** Publishes beside which reads are measured, and how many times as many reads as without: the two take about as long. */
const publishesBeside = { stele: 600, verdaccio: 150 } as const
const readsBeside = { stele: 4, verdaccio: 1 } as const

const folder = makeFolder()
const registries: Registry[] = []
const tokens = new Map<RegistryName, string>()
let published = 0
try {
  for (const name of names) registries.push(await prepare(name, join(folder.path, name)))
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < rounds; round++) {
    for (const each of cases) {
      for (const registry of registries) {
        const sample = await measure(registry, each)
        const key = keyOf(registry.name, each)
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample])
      }
    }
  }
  const beside = await measureBeside(registries)
  printReport({
    tables: [
      {
        caption: 'CPU of the server for one read, milliseconds',
        rows: cases.map((each) => rowOf(each, samples)),
      },
      {
        caption: 'The same while 2 clients publish new packages, milliseconds',
        rows: cases
          .filter((each) => each.isUnderPublishes === true)
          .map((each) => rowOf(each, beside)),
      },
    ],
    remarks: [
      'Beside publishes: the CPU of as many publishes with the reads, less that of the publishes alone, in turns; what reads make publishes cost is counted to the reads.',
      `Medians of ${rounds - 1} rounds, ${clients} clients that keep their connections; bytes are the whole answer's.`,
      "Verdaccio's package of 1,000 versions was written into its storage, since publishing it would take minutes.",
    ],
  })
} finally {
  for (const registry of registries) await registry.stop()
  folder.remove()
}

async function prepare(name: (typeof names)[number], dir: string): Promise<Registry> {
  const registry = await startRegistry(name, { dir })
  const token = await signUp(registry)
  tokens.set(name, token)
  const isSlow = name === 'verdaccio'
  const publish = async (releases: readonly ReleaseName[]): Promise<void> => {
    const work = { kind: 'publish', token, releases } as const
    await (await prepareJob({ url: registry.url, clients: 1, work })).run()
  }
  await publish([
    { name: 'small', version: '1.0.0' },
    { name: 'blob', version: '1.0.0', paddingBytes: 100_000 },
    ...Array.from({ length: isSlow ? 1 : versionCount }, (_, at) => ({
      name: 'big',
      version: `1.${at}.0`,
    })),
  ])
  if (!isSlow) return registry
  await registry.stop()
  addVersions(join(dir, 'storage/big/package.json'), versionCount)
  return startRegistry(name, { dir })
}

/** The cost of reads beside publishes, by `keyOf`. */
async function measureBeside(all: readonly Registry[]): Promise<ReadonlyMap<string, Sample[]>> {
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < rounds; round++) {
    for (const registry of all) {
      const aloneMs = await costOfPublishes(registry)
      for (const each of cases.filter(({ isUnderPublishes }) => isUnderPublishes === true)) {
        const reads = await prepareReads(registry, each, readsBeside[nameOf(registry)])
        const found: JobResult[] = []
        const bothMs = await costOfPublishes(
          registry,
          async () => void found.push(await reads.run()),
        )
        const [result] = found
        if (round === 0 || result === undefined) continue
        const key = keyOf(registry.name, each)
        samples.set(key, [...(samples.get(key) ?? []), { ...result, cpuMs: bothMs - aloneMs }])
      }
    }
  }
  return samples
}

/** CPU of the server, ms, for a number of publishes, and of what runs beside them. */
async function costOfPublishes(
  registry: Registry,
  beside: () => Promise<void> = async () => undefined,
): Promise<number> {
  const releases = Array.from({ length: publishesBeside[nameOf(registry)] }, () => ({
    name: `beside-${published++}`,
    version: '1.0.0',
  }))
  const token = tokens.get(registry.name) ?? ''
  const work = { kind: 'publish', token, releases } as const
  const job = await prepareJob({ url: registry.url, clients: 2, work })
  await settled(registry.pid)
  const before = cpuMs(registry.pid)
  await Promise.all([job.run(), beside()])
  await registry.published()
  await settled(registry.pid)
  return cpuMs(registry.pid) - before
}

function nameOf({ name }: Registry): (typeof names)[number] {
  return name === 'verdaccio' ? 'verdaccio' : 'stele'
}

async function measure(registry: Registry, each: Case): Promise<Sample> {
  const job = await prepareReads(registry, each, 1)
  await settled(registry.pid)
  const before = cpuMs(registry.pid)
  const result = await job.run()
  return { ...result, cpuMs: cpuMs(registry.pid) - before }
}

async function prepareReads(
  registry: Registry,
  { path, headers, isKnown, counts }: Case,
  times: number,
): ReturnType<typeof prepareJob> {
  const known = isKnown === true ? await etagOf(registry, path, headers) : undefined
  const work = {
    kind: 'get',
    path,
    headers: { ...headers, ...(known === undefined ? {} : { 'if-none-match': known }) },
    count: times * counts[nameOf(registry)],
    status: known === undefined ? 200 : 304,
  } as const
  return prepareJob({ url: registry.url, clients, work })
}

async function etagOf({ url }: Registry, path: string, headers: Case['headers']): Promise<string> {
  const answer = await fetch(url + path, { headers })
  await answer.arrayBuffer()
  return answer.headers.get('etag') ?? ''
}

function keyOf(name: RegistryName, { title, path }: Case): string {
  return `${name} ${title} ${path}`
}

function rowOf(each: Case, samples: ReadonlyMap<string, readonly Sample[]>): Row {
  const [stele, verdaccio] = names.map((name) => samples.get(keyOf(name, each)) ?? [])
  const costs = (found: readonly Sample[] = []): number[] =>
    found.map((sample) => sample.cpuMs / sample.requests)
  const bytes = (found: readonly Sample[] = []): number =>
    Math.round(median(found.map((sample) => sample.bytes / sample.requests)))
  const [ours, theirs] = [costs(stele), costs(verdaccio)]
  return {
    read: each.title,
    stele: short(median(ours)),
    spread: spread(ours),
    verdaccio: short(median(theirs)),
    'its spread': spread(theirs),
    'stele / verdaccio': short(median(ours) / median(theirs)),
    'bytes, stele': bytes(stele),
    'bytes, verdaccio': bytes(verdaccio),
  }
}
