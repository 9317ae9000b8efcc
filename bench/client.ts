// How long clients take to install an application of more than 1,000 packages: `node bench/client.ts [rounds] [client …]`.
// Clients take turns, the first round is dropped; npm and yarn take part in the last one.
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type InstallClient,
  installClients,
  type RunCost,
  runInstall,
  writeSettings,
} from './parts/install-clients.ts'
import { type KeptRegistry, startKeptRegistry } from './parts/kept-registry.ts'
import { buildStele } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const [rounds = '3', ...names] = process.argv.slice(2)
const latencies = (process.env['LATENCIES'] ?? '0,20').split(',').map(Number)
const app = fileURLToPath(new URL('big', import.meta.url))

/** What is there when a client starts, each following from the one before. */
const cases = [
  ['a', 'cold, no lock, no cache'],
  ['d', 'nothing to do'],
  ['c', 'lock, warm cache, no node_modules'],
  ['e', 'warm cache, no lock'],
  ['b', 'lock, cold cache'],
  ['f', 'one package is added'],
] as const
type Case = (typeof cases)[number][0]

buildStele()
const clients = installClients.filter(
  ({ name }) => names.length === 0 || names.some((each) => name.startsWith(each)),
)
const registry = await startKeptRegistry()
const folder = makeFolder()
let gone = 0
try {
  const tables = []
  for (const latencyMs of latencies) {
    registry.setLatency(latencyMs)
    const rows = await measure(registry, latencyMs)
    tables.push({ caption: `Wall s / CPU s / peak MiB, each answer ${latencyMs} ms late`, rows })
  }
  printReport({
    tables,
    remarks: [
      'a: nothing is there. b: a lock, and an empty cache. c: a lock, a full cache, no node_modules. d: all is there. e: a full cache, no lock. f: as d, and left-pad is added.',
      `Medians of ${rounds} rounds after one that is dropped; clients take turns; npm and yarn of one. No scripts are run.`,
    ],
  })
} finally {
  folder.remove()
  await registry.stop()
}

async function measure({ url }: KeptRegistry, latencyMs: number): Promise<readonly Row[]> {
  const costs = new Map<string, RunCost[]>()
  for (let round = 0; round <= Number(rounds); round++) {
    for (const client of clients) {
      if (client.isSlow === true && round < Number(rounds)) continue
      const place = join(folder.path, `${client.name.replaceAll(' ', '-')}-${latencyMs}-${round}`)
      for (const [each] of cases) {
        prepare(client, place, url, each)
        const cost = await runInstall(client, place, each === 'f' ? 'adds' : 'installs')
        checkInstalled(place)
        if (round > 0)
          costs.set(`${client.name} ${each}`, [
            ...(costs.get(`${client.name} ${each}`) ?? []),
            cost,
          ])
      }
    }
  }
  return clients.map(({ name }) => {
    const cells = cases.map(([each]) => {
      const found = costs.get(`${name} ${each}`) ?? []
      const wall = median(found.map(({ wallMs }) => wallMs)) / 1000
      const cpu = median(found.map(({ cpuMs }) => cpuMs)) / 1000
      const memory = Math.round(median(found.map(({ memoryMiB }) => memoryMiB)))
      return [each, `${short(wall)} / ${short(cpu)} / ${memory}`] as const
    })
    return {
      client: name,
      ...Object.fromEntries(cells.toSorted(([one], [other]) => (one < other ? -1 : 1))),
    }
  })
}

/**
 * Out of the way, to be removed when all is measured: ext4 looks long for room where much was removed a moment ago, and whoever is next
 * would pay for it.
 */
function moveAway(path: string): void {
  if (existsSync(path)) renameSync(path, join(folder.path, `gone-${gone++}`))
}

function prepare(client: InstallClient, place: string, url: string, each: Case): void {
  const project = join(place, 'app')
  if (each !== 'd' && each !== 'f') moveAway(join(project, 'node_modules'))
  if (each === 'a' || each === 'e') rmSync(join(project, client.lock), { force: true })
  if (each === 'b') moveAway(join(place, 'home'))
  if (each === 'a') copyProject(client, project)
  if ((each === 'a' || each === 'e') && client.emptyLock !== undefined)
    writeFileSync(join(project, client.lock), client.emptyLock)
  if (each === 'a' || each === 'b') writeSettings(client, place, url)
}

function copyProject({ manifest }: InstallClient, project: string): void {
  cpSync(app, project, { recursive: true })
  if (manifest === undefined) return
  const path = join(project, 'package.json')
  const own: unknown = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify(Object.assign({}, own, manifest)))
}

function checkInstalled(place: string): void {
  for (const name of ['react', 'webpack', '@babel/core']) {
    if (existsSync(join(place, 'app', 'node_modules', name, 'package.json'))) continue
    throw new Error(`${name} is not in ${place}`)
  }
}
