// What a mirror costs: `node bench/mirror.ts [releases] [rounds]` copies a registry, looks for news where there are none, and follows 100
// releases, beside "rsync -a" of the registry's public folder, which checks nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { prepareJob } from './parts/load.ts'
import { settled } from './parts/process-cost.ts'
import { buildStele, signUp, startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const releases = Number(process.argv[2] ?? 10_000)
const rounds = Number(process.argv[3] ?? 3)
const more = 100
const time = '/usr/bin/time'
const stele = fileURLToPath(new URL('../dist/bin/stele.cjs', import.meta.url))
if (!existsSync(time)) throw new Error(`${time} is missing: install the package "time"`)

/** CPU counts all that the program started; memory is what its largest process held at most. */
type Cost = { readonly wallMs: number; readonly cpuMs: number; readonly peakMb: number }

buildStele()
const work = makeFolder()
const dir = join(work.path, 'data')
const registry = await startRegistry('stele', { dir })
const token = await signUp(registry)
let published = 0
try {
  await publish(releases)
  const costs = new Map<string, Cost[]>()
  const note = (what: string, cost: Cost): void => {
    console.log(`${what}: ${short(cost.wallMs / 1000)} s`)
    costs.set(what, [...(costs.get(what) ?? []), cost])
  }
  const tools = [
    ['stele mirror', (to: string) => mirror(to)],
    ['rsync -a', (to: string) => run('rsync', ['-a', `${join(dir, 'public')}/`, `${to}/`])],
  ] as const
  for (let round = 0; round < rounds; round++) {
    for (const [tool, copy] of tools) note(`${tool}, first copy`, await copy(place(tool, round)))
    for (const [tool, copy] of tools) note(`${tool}, nothing new`, await copy(place(tool, round)))
    await publish(more)
    for (const [tool, copy] of tools) note(`${tool}, ${more} more`, await copy(place(tool, round)))
  }
  const share = (pick: (cost: Cost) => number): number => {
    const of = (what: string): number =>
      median((costs.get(`stele mirror, ${what}`) ?? []).map(pick))
    return short((100 * of(`${more} more`)) / of('first copy'))
  }
  printReport({
    tables: [{ caption: `A mirror of ${releases} releases`, rows: [...costs].map(rowOf) }],
    remarks: [
      `Medians of ${rounds} rounds on ${availableParallelism()} cores, which the registry shares. A first copy checks every signature, hash and tarball, and writes the packuments; rsync copies the public folder of the same disk, and checks nothing.`,
      `Following ${more} releases takes ${share(({ wallMs }) => wallMs)} % of the time of a first copy, and ${share(({ cpuMs }) => cpuMs)} % of its CPU.`,
    ],
  })
} finally {
  await registry.stop()
  work.remove()
}

function place(tool: string, round: number): string {
  return join(work.path, `${tool.replaceAll(' ', '-')}-${round}`)
}

function mirror(to: string): Promise<Cost> {
  const base = ['--base-url', 'https://mirror.example']
  return run(process.execPath, [stele, 'mirror', registry.url, to, ...base])
}

async function publish(count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, at) => ({
    name: `package-${published + at}`,
    version: '1.0.0',
  }))
  published += count
  const kind = { kind: 'publish', token, releases: names } as const
  const job = await prepareJob({ url: registry.url, clients: 16, work: kind })
  await job.run()
  await settled(registry.pid)
}

async function run(program: string, args: readonly string[]): Promise<Cost> {
  const measured = join(work.path, 'measured')
  const env = { ...process.env, HOME: work.path, XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '' }
  const startMs = performance.now()
  const child = spawn(time, ['-f', '%U %S %M', '-o', measured, program, ...args], { env })
  child.stdout.resume()
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  const wallMs = performance.now() - startMs
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}:\n${said}`)
  const [user = 0, system = 0, peak = 0] = readFileSync(measured, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
  return { wallMs, cpuMs: (user + system) * 1000, peakMb: (peak * 1024) / 1e6 }
}

function rowOf([what, costs]: readonly [string, readonly Cost[]]): Row {
  const of = (pick: (cost: Cost) => number): number => short(median(costs.map(pick)))
  return {
    what,
    seconds: of(({ wallMs }) => wallMs / 1000),
    'CPU seconds': of(({ cpuMs }) => cpuMs / 1000),
    'peak MB': of(({ peakMb }) => peakMb),
  }
}
