// How long a real installation takes through a proxy, cold and warm, beside one straight from the upstream:
// `node bench/install.ts [rounds]`. The upstream is the recorded one, as slow to answer as the registry that was recorded.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ClientName, clientNames, installApp } from './parts/install-app.ts'
import { copyApp, openRecording } from './parts/recorded-app.ts'
import { type RegistryName, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { startUpstream } from './parts/static-upstream.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 4)
const proxies = ['stele', 'verdaccio'] as const
const cases = ['straight', ...proxies.flatMap((name) => [`${name}, cold`, `${name}, warm`])]

const folder = makeFolder()
const latencyMs = Math.round((await openRecording()).latencyMs)
const upstream = await startUpstream({ latencyMs })
const walls = new Map<string, number[]>()
try {
  for (let round = 0; round < rounds; round++) {
    for (const client of clientNames) {
      note('straight', client, round, await install(client, upstream.url))
      for (const name of proxies) await measureProxy(name, client, round)
    }
  }
  printReport({
    tables: clientNames.map((client) => ({
      caption: `Wall time of an installation by ${client}, milliseconds`,
      rows: cases.map((each) => rowOf(each, client)),
    })),
    remarks: [
      `The application of bench/app, its scripts not run, the client's caches empty. Straight is from the recorded registry on this machine, which takes ${latencyMs} ms to answer, as the registry it was recorded from did (median); ` +
        'the proxies ask it too. Warm is the second installation within a minute.',
      `Medians of ${rounds - 1} rounds; client, proxy and upstream share the cores.`,
    ],
  })
} finally {
  await upstream.stop()
  folder.remove()
}

async function measureProxy(name: RegistryName, client: ClientName, round: number): Promise<void> {
  const dir = join(folder.path, `${name}-${client}-${round}`)
  const registry = await startRegistry(name, { dir, upstream: upstream.url })
  try {
    for (const state of ['cold', 'warm']) {
      note(`${name}, ${state}`, client, round, await install(client, registry.url))
    }
  } finally {
    await registry.stop()
  }
}

/** In a home and a copy of the application of its own. */
async function install(client: ClientName, url: string): Promise<number> {
  const place = join(folder.path, 'client')
  rmSync(place, { recursive: true, force: true })
  copyApp(join(place, 'app'))
  return installApp(client, { home: join(place, 'home'), app: join(place, 'app'), url })
}

function note(each: string, client: ClientName, round: number, wallMs: number): void {
  console.log(`${client}, ${each}: ${Math.round(wallMs)} ms`)
  const key = `${each} ${client}`
  if (round > 0) walls.set(key, [...(walls.get(key) ?? []), wallMs])
}

function rowOf(each: string, client: ClientName): Row {
  const [found, straight] = [each, 'straight'].map((one) => walls.get(`${one} ${client}`) ?? [])
  return {
    from: each,
    ms: short(median(found ?? [])),
    spread: spread(found ?? []),
    'by straight': short(median(found ?? []) / median(straight ?? [])),
  }
}
