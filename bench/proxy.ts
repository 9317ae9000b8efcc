// What a proxy of an upstream costs, Stele beside Verdaccio in front of the same recorded registry: `node bench/proxy.ts [rounds]`.
// Cold packuments beside what fetching them costs, and what npm asks for when it installs the application, warm.
import { join } from 'node:path'
import { fetchOnlyCpuMs } from './parts/fetch-only.ts'
import { installApp } from './parts/install-app.ts'
import { type JobResult, type ListedRequest, prepareJob } from './parts/load.ts'
import { cpuMs, settled } from './parts/process-cost.ts'
import { copyApp } from './parts/recorded-app.ts'
import { type Registry, type RegistryName, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { type Asked, type StaticUpstream, startUpstream } from './parts/static-upstream.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 4)
const names = ['stele', 'verdaccio'] as const
const forms = {
  abbreviated: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*',
  full: 'application/json',
} as const
/** Of Verdaccio one request in so many is asked: all of them would take minutes. */
const verdaccioShare = 6
/** As long as an answer of an upstream is believed, and a bit. */
const believedMs = 62_000

const warmTitles = [
  'everything, as npm with an empty cache',
  'everything, as npm with its cache: 304',
  'the packuments',
  'the tarballs',
  'everything, a minute after the upstream was asked',
] as const

type Form = keyof typeof forms
type Cost = { readonly cpuMs: number; readonly requests: number; readonly wallMs: number }

const folder = makeFolder()
const upstream = await startUpstream({ copies: true })
try {
  const cold = await measureCold(upstream)
  const warm = await measureWarm(upstream)
  printReport({
    tables: [
      { caption: 'CPU of a cold proxy for packuments that it never saw, milliseconds', rows: cold },
      {
        caption:
          'CPU of a warm proxy for what npm asks for to install the application, milliseconds',
        rows: warm,
      },
    ],
    remarks: [
      `The packages of the application in bench/app, as they were recorded, each once more under another name: ${upstream.names.length} packuments, ` +
        'asked for without a coding by 16 clients. Fetching is a process that makes the same requests and takes their coding off; ' +
        `over it, and all figures of Verdaccio, are for as many requests. Verdaccio got one in ${verdaccioShare} of them.`,
      `Medians of ${rounds - 1} rounds, Verdaccio's cold figures of one round.`,
    ],
  })
} finally {
  await upstream.stop()
  folder.remove()
}

/** Each round on a new data folder. */
async function measureCold({ url, names: all }: StaticUpstream): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const form of ['abbreviated', 'full'] as const) {
    const fetching: number[] = []
    const costs: number[] = []
    const walls: number[] = []
    for (let round = 0; round < rounds; round++) {
      const paths = all.map(pathOf)
      const alone = await fetchOnlyCpuMs({ url, paths, accept: forms[form] })
      const { cpuMs: cost, wallMs } = await coldCost('stele', form, all)
      if (round === 0) continue
      fetching.push(alone)
      costs.push(cost)
      walls.push(wallMs)
    }
    const few = all.filter((_, at) => at % verdaccioShare === 0)
    const theirs = (await coldCost('verdaccio', form, few)).cpuMs * (all.length / few.length)
    const over = costs.map((cost, at) => cost - (fetching[at] ?? 0))
    rows.push({
      form,
      packuments: all.length,
      fetching: short(median(fetching)),
      stele: short(median(costs)),
      spread: spread(costs),
      'stele, over fetching': short(median(over)),
      'wall, stele': short(median(walls)),
      verdaccio: short(theirs),
      'stele / verdaccio': short(median(costs) / theirs),
    })
  }
  return rows
}

async function coldCost(name: RegistryName, form: Form, wanted: readonly string[]): Promise<Cost> {
  const dir = join(folder.path, `${name}-${form}-${performance.now()}`)
  const registry = await startRegistry(name, { dir, upstream: upstream.url })
  try {
    const headers = { accept: forms[form], 'accept-encoding': 'identity' }
    return await costOf(
      registry,
      wanted.map((one) => ({ path: pathOf(one), headers })),
    )
  } finally {
    await registry.stop()
  }
}

/** What npm asks of a registry, answered by proxies that have it all. */
async function measureWarm({ url, taken }: StaticUpstream): Promise<readonly Row[]> {
  await taken()
  const place = { home: join(folder.path, 'npm'), app: join(folder.path, 'app'), url }
  copyApp(place.app)
  await installApp('npm', place)
  const asked = (await taken()).filter(({ status }) => status === 200)
  const costs = new Map<string, Cost[]>()
  for (const name of names) {
    const registry = await startRegistry(name, { dir: join(folder.path, name), upstream: url })
    try {
      const share = name === 'verdaccio' ? verdaccioShare : 1
      const few = asked.filter((_, at) => at % share === 0)
      for (const [title, found] of await warmCosts(registry, few)) {
        const scaled = found.map((one) => ({
          ...one,
          cpuMs: (one.cpuMs * asked.length) / few.length,
        }))
        costs.set(`${title} ${name}`, scaled)
      }
    } finally {
      await registry.stop()
    }
  }
  return warmTitles.map((title) => warmRow(title, costs))
}

async function warmCosts(
  registry: Registry,
  asked: readonly Asked[],
): Promise<ReadonlyMap<string, Cost[]>> {
  const costs = new Map<string, Cost[]>()
  const requests = asked.map(({ path, accept }) => ({
    path,
    headers: { accept, 'accept-encoding': 'gzip,deflate' },
  }))
  const note = async (
    title: (typeof warmTitles)[number],
    list: readonly ListedRequest[],
  ): Promise<void> => {
    costs.set(title, [...(costs.get(title) ?? []), await costOf(registry, list)])
  }
  const [whole, known, packuments, tarballs, later] = warmTitles
  await costOf(registry, requests) // Cold.
  const conditional = await withTags(registry.url, requests)
  for (let round = 0; round < rounds; round++) {
    await note(whole, requests)
    await note(known, conditional)
    await note(
      packuments,
      requests.filter(({ path }) => !path.includes('/-/')),
    )
    await note(
      tarballs,
      requests.filter(({ path }) => path.includes('/-/')),
    )
  }
  await new Promise((resolve) => setTimeout(resolve, believedMs))
  await note(later, requests)
  return costs
}

/** Packuments are asked about again; tarballs, which npm has by their hash, are not. */
async function withTags(
  url: string,
  requests: readonly {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
  }[],
): Promise<readonly ListedRequest[]> {
  const packuments = requests.filter(({ path }) => !path.includes('/-/'))
  const tagged: ListedRequest[] = []
  for (const { path, headers } of packuments) {
    const answer = await fetch(url + path, { headers })
    await answer.arrayBuffer()
    const etag = answer.headers.get('etag')
    tagged.push({
      path,
      headers: { ...headers, ...(etag === null ? {} : { 'if-none-match': etag }) },
    })
  }
  return tagged
}

function warmRow(title: string, costs: ReadonlyMap<string, readonly Cost[]>): Row {
  const [stele, verdaccio] = names.map((name) => costs.get(`${title} ${name}`) ?? [])
  const spent = (of: readonly Cost[] = []): number[] =>
    (of.length > 1 ? of.slice(1) : of).map(({ cpuMs: spentMs }) => spentMs)
  return {
    requests: title,
    count: stele?.[0]?.requests ?? 0,
    stele: short(median(spent(stele))),
    spread: spread(spent(stele)),
    verdaccio: short(median(spent(verdaccio))),
    'stele / verdaccio': short(median(spent(stele)) / median(spent(verdaccio))),
  }
}

/** CPU of the server for these requests by 16 clients, with what it does behind its answers. */
async function costOf(registry: Registry, requests: readonly ListedRequest[]): Promise<Cost> {
  const job = await prepareJob({ url: registry.url, clients: 16, work: { kind: 'list', requests } })
  await settled(registry.pid)
  const before = cpuMs(registry.pid)
  const result: JobResult = await job.run()
  await settled(registry.pid)
  const { wallMs } = result
  return { cpuMs: cpuMs(registry.pid) - before, requests: requests.length, wallMs }
}

function pathOf(name: string): string {
  return `/${name.replace('/', '%2f')}`
}
