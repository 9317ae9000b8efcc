// Versions added to packages of 1,000, and the first read after each, Stele beside Verdaccio: `node bench/append.ts [rounds]`.
import { join } from 'node:path'
import { addVersions } from './parts/add-versions.ts'
import type { ReleaseName } from './parts/documents.ts'
import { type JobResult, type ListedRequest, prepareJob } from './parts/load.ts'
import { cpuMs, settled } from './parts/process-cost.ts'
import { type Registry, signUp, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 4)
const packages = 8
const versionCount = 1_000
/** Versions that a round adds in all. */
const appended = { stele: 400, verdaccio: 16 } as const
/** Reads after an addition, one after the other. */
const firstReads = { stele: 40, verdaccio: 4 } as const
const forms = {
  abbreviated: 'application/vnd.npm.install-v1+json',
  full: 'application/json',
} as const

type Name = keyof typeof appended
type Runner = { readonly name: Name; readonly registry: Registry; readonly token: string }
type Cost = JobResult & { readonly cpuMs: number }

const folder = makeFolder()
const runners: Runner[] = []
const costs = new Map<string, Cost[]>()
let added = 0
try {
  for (const name of ['stele', 'verdaccio'] as const) runners.push(await prepare(name))
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) await measure(runner, round)
  }
  printReport({
    tables: [
      {
        caption: `Versions added to ${packages} packages of ${versionCount} versions, ${packages} clients`,
        rows: runners.map(({ name }) => appendRow(name)),
      },
      {
        caption: 'The first read after a version was added, gzip: CPU of the server, milliseconds',
        rows: Object.keys(forms).map(readRow),
      },
    ],
    remarks: [
      `Medians of ${rounds - 1} rounds of ${appended.stele} versions (Verdaccio ${appended.verdaccio}). A read's cost is that of ${firstReads.stele} times one publish and one read ` +
        `(Verdaccio ${firstReads.verdaccio}), one after the other, less that of the publishes alone.`,
      "Verdaccio's packages were written into its storage, since publishing them would take minutes.",
    ],
  })
} finally {
  for (const { registry } of runners) await registry.stop()
  folder.remove()
}

async function prepare(name: Name): Promise<Runner> {
  const dir = join(folder.path, name)
  const registry = await startRegistry(name, { dir })
  const token = await signUp(registry)
  const own = name === 'stele' ? versionCount : 1
  const releases = Array.from({ length: own * packages }, (_, at) => ({
    name: packageName(at),
    version: `1.${Math.floor(at / packages)}.0`,
  }))
  await publish({ name, registry, token }, releases)
  if (name === 'stele') return { name, registry, token }
  await registry.stop()
  for (let at = 0; at < packages; at++) {
    addVersions(join(dir, 'storage', packageName(at), 'package.json'), versionCount)
  }
  return { name, token, registry: await startRegistry(name, { dir }) }
}

function packageName(at: number): string {
  return `grown-${at % packages}`
}

async function publish(runner: Runner, releases: readonly ReleaseName[]): Promise<Cost> {
  return costOf(
    runner,
    releases.map((release) => ({ release })),
    packages,
  )
}

async function measure(runner: Runner, round: number): Promise<void> {
  const { name } = runner
  const note = (what: string, cost: Cost): void => {
    const key = `${what} ${name}`
    if (round > 0) costs.set(key, [...(costs.get(key) ?? []), cost])
  }
  note('append', await publish(runner, newReleases(appended[name])))
  for (const [form, accept] of Object.entries(forms)) {
    const read = (one: ReleaseName): ListedRequest => ({
      path: `/${one.name}`,
      headers: { accept, 'accept-encoding': 'gzip' },
    })
    const these = (): readonly ReleaseName[] => newReleases(firstReads[name])
    await costOf(runner, these().map(read), 1) // As they stand, whoever reads first.
    const alone = await costOf(
      runner,
      these().map((release) => ({ release })),
      1,
    )
    await costOf(runner, these().map(read), 1)
    const both = await costOf(
      runner,
      these().flatMap((release) => [{ release }, read(release)]),
      1,
    )
    note(form, { ...both, cpuMs: (both.cpuMs - alone.cpuMs) / firstReads[name] })
  }
}

function newReleases(count: number): readonly ReleaseName[] {
  return Array.from({ length: count }, () => ({
    name: packageName(added),
    version: `2.${added++}.0`,
  }))
}

/** CPU of the server for these requests, with what it does behind its answers. */
async function costOf(
  { registry, token }: Runner,
  requests: readonly ListedRequest[],
  clients: number,
): Promise<Cost> {
  const work = { kind: 'list', requests, token } as const
  const job = await prepareJob({ url: registry.url, clients, work })
  await settled(registry.pid)
  const before = cpuMs(registry.pid)
  const result = await job.run()
  await registry.published()
  await settled(registry.pid)
  return { ...result, cpuMs: cpuMs(registry.pid) - before }
}

function appendRow(name: Name): Row {
  const found = costs.get(`append ${name}`) ?? []
  const perSecond = found.map(({ requests, wallMs }) => (requests / wallMs) * 1000)
  return {
    registry: name,
    'versions/s': short(median(perSecond)),
    spread: spread(perSecond),
    'CPU ms': short(median(found.map(({ cpuMs: spent, requests }) => spent / requests))),
    'p50 ms': short(median(found.map(({ p50Ms }) => p50Ms))),
    'p99 ms': short(median(found.map(({ p99Ms }) => p99Ms))),
  }
}

function readRow(form: string): Row {
  const [stele, verdaccio] = runners.map(({ name }) =>
    (costs.get(`${form} ${name}`) ?? []).map(({ cpuMs: spent }) => spent),
  )
  return {
    form,
    stele: short(median(stele ?? [])),
    spread: spread(stele ?? []),
    verdaccio: short(median(verdaccio ?? [])),
    'stele / verdaccio': short(median(stele ?? []) / median(verdaccio ?? [])),
  }
}
