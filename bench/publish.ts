// Publishes a second, Stele beside Verdaccio: `node bench/publish.ts [rounds] [publishes in a round]`.
// Eight clients of another process on the same machine; rounds of the two take turns, and the first is dropped.
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { makeTarballOf, type ReleaseName } from './parts/documents.ts'
import { type JobResult, prepareJob } from './parts/load.ts'
import { cpuMs, settled, threadCpuMs } from './parts/process-cost.ts'
import { type Registry, signUp, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const clients = 8
const rounds = Number(process.argv[2] ?? 7)
const publishes = Number(process.argv[3] ?? 1500)
const modes = ['new packages', 'new versions'] as const

type Mode = (typeof modes)[number]
type Round = JobResult & {
  /** Of the server, until its public folder is where its log is and it is idle again. */
  readonly cpuMs: number
  /** The part of it that came after the last answer. */
  readonly laterCpuMs: number
  readonly busiestThreadMs: number
}
type Packument = {
  readonly versions: Record<
    string,
    { readonly dist: { readonly tarball: string; readonly integrity: string } }
  >
}
type Runner = {
  readonly registry: Registry
  readonly token: string
  readonly rounds: Map<Mode, Round[]>
}

const folder = makeFolder()
const runners: Runner[] = []
try {
  for (const name of ['stele', 'verdaccio'] as const) {
    const registry = await startRegistry(name, { dir: join(folder.path, name) })
    runners.push({ registry, token: await signUp(registry), rounds: new Map() })
  }
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      for (const runner of runners) await runRound(runner, mode, round)
    }
  }
  for (const { registry } of runners) await verifySample(registry)
  printReport({
    tables: modes.map((mode) => ({
      caption: `Publishes, ${clients} clients: ${mode}`,
      rows: rowsOf(mode),
    })),
    remarks: [
      'Stele answers when the publish is on disk (fsync), in the signed log and in the views. Verdaccio neither syncs ' +
        'nor logs: what it acknowledged is lost with the power.',
      `Medians of ${rounds - 1} rounds of ${publishes} publishes of a package of 3 files, 2 KB.`,
    ],
  })
} finally {
  for (const { registry } of runners) await registry.stop()
  folder.remove()
}

async function runRound(
  { registry, token, rounds: done }: Runner,
  mode: Mode,
  round: number,
): Promise<void> {
  const releases = releasesOf(mode, round)
  const job = await prepareJob({
    url: registry.url,
    clients,
    work: { kind: 'publish', token, releases },
  })
  const [before, threadsBefore] = [cpuMs(registry.pid), threadCpuMs(registry.pid)]
  const result = await job.run()
  const answered = cpuMs(registry.pid)
  const threads = [...threadCpuMs(registry.pid)].map(
    ([thread, spent]) => spent - (threadsBefore.get(thread) ?? 0),
  )
  await registry.published() // It rests between two publications.
  await settled(registry.pid)
  const end = cpuMs(registry.pid)
  const costs = { cpuMs: end - before, laterCpuMs: end - answered }
  const found = { ...result, ...costs, busiestThreadMs: Math.max(...threads) }
  if (round > 0) done.set(mode, [...(done.get(mode) ?? []), found])
}

/** New versions are of the packages of the first round, never two of one package at a time. */
function releasesOf(mode: Mode, round: number): readonly ReleaseName[] {
  return Array.from({ length: publishes }, (_, at) =>
    mode === 'new packages'
      ? { name: `small-${round}-${at}`, version: '1.0.0' }
      : { name: `small-0-${at}`, version: `1.${round + 1}.0` },
  )
}

/** Of some packages: the tarball that the packument names has the bytes that were published. */
async function verifySample({ url, name }: Registry): Promise<void> {
  for (const release of [0, 1, rounds - 1].flatMap((round) =>
    releasesOf('new versions', round).slice(-2),
  )) {
    const packument: Packument = JSON.parse(await (await fetch(`${url}/${release.name}`)).text())
    const { dist } = packument.versions[release.version] ?? {}
    if (dist === undefined)
      throw new Error(`${name} does not list ${release.name}@${release.version}`)
    const tarball = new Uint8Array(await (await fetch(dist.tarball)).arrayBuffer())
    const isSame = Buffer.compare(tarball, makeTarballOf(release)) === 0
    if (!isSame || dist.integrity !== `sha512-${hash('sha512', tarball, 'base64')}`) {
      throw new Error(`${name} does not serve ${release.name}@${release.version} as published`)
    }
  }
}

function rowsOf(mode: Mode): readonly Row[] {
  const rows = runners.map(({ registry, rounds: done }): Row => {
    const found = done.get(mode) ?? []
    const of = (read: (round: Round) => number): number => short(median(found.map(read)))
    const perSecond = (round: Round): number => (round.requests / round.wallMs) * 1000
    return {
      registry: registry.name,
      'publishes/s': of(perSecond),
      spread: spread(found.map(perSecond)),
      'CPU ms': of((round) => round.cpuMs / round.requests),
      'of it later': of((round) => round.laterCpuMs / round.requests),
      'busiest thread, ms': of((round) => round.busiestThreadMs / round.requests),
      'p50 ms': of((round) => round.p50Ms),
      'p99 ms': of((round) => round.p99Ms),
      'generator CPU ms': of((round) => round.generatorCpuMs / round.requests),
    }
  })
  const [stele, verdaccio] = rows
  const ratio = (column: string): string =>
    `${short(Number(stele?.[column]) / Number(verdaccio?.[column]))}x`
  const columns = ['publishes/s', 'CPU ms', 'p50 ms', 'p99 ms']
  const ratios = Object.fromEntries(columns.map((column) => [column, ratio(column)]))
  return [...rows, { registry: 'stele / verdaccio', ...ratios }]
}
