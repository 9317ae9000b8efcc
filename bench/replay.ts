// How fast an auditor replays a log: `node bench/replay.ts [rounds]` runs `stele verify` on 35,000 entries, from the static
// folder of a registry and over HTTP, and again when there is nothing new.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { keptFilledFolder, openFilledFolder } from './parts/filled-folder.ts'
import { cpuMs } from './parts/process-cost.ts'
import { startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 3)
const meter = new URL('parts/exit-cost.ts', import.meta.url).href
const main = fileURLToPath(new URL('../packages/stele/src/main.ts', import.meta.url))

type Run = {
  readonly wallMs: number
  readonly cpuMs: number
  readonly maxResidentBytes: number
  readonly serverCpuMs: number
}
type Mode = {
  readonly mode: string
  readonly from: 'folder' | 'server'
  readonly flags: readonly string[]
  /** What the mode before kept is gone on with. */
  readonly again?: true
}

const modes: readonly Mode[] = [
  { mode: 'static folder', from: 'folder', flags: [] },
  { mode: 'static folder, nothing new', from: 'folder', flags: [], again: true },
  { mode: 'static folder, without the tarballs', from: 'folder', flags: ['--no-tarballs'] },
  { mode: 'registry, all of it', from: 'server', flags: [] },
]
const sinceAll: Mode = {
  mode: 'carried on, no call run',
  from: 'folder',
  flags: ['--no-tarballs', '--since'],
}
const folder = await openFilledFolder()
const statics = join(await keptFilledFolder(), 'public')
const registry = await startRegistry('stele', { dir: folder.path })
const home = makeFolder()
try {
  const entries = Number(readFileSync(join(statics, '-/log/checkpoint'), 'utf8').split('\n')[1])
  const runs = new Map<Mode, Run[]>()
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) runs.set(mode, [...(runs.get(mode) ?? []), await verify(mode)])
  }
  const carried = await verify({ ...sinceAll, flags: [...sinceAll.flags, `${entries}`] })
  const carryMicros = (carried.cpuMs * 1000) / entries
  const [loadBefore = 0] = loadavg()
  printReport({
    tables: [
      {
        caption: `stele verify of ${entries} entries`,
        rows: modes.map((mode) => rowOf(mode, runs.get(mode) ?? [], entries)),
      },
      { caption: 'The same by cores, modelled', rows: modelRows(runs, { entries, carryMicros }) },
    ],
    remarks: [
      `Medians of ${rounds} runs on ${availableParallelism()} cores, load ${loadBefore.toFixed(1)} at the end. Calls are run by the script again; a registry that is asked runs on the same cores.`,
      `The model: one thread carries effects (${short(carryMicros)} µs an entry, alone), all others run calls; with n cores an entry takes the larger of that and the CPU of all, divided by n.`,
    ],
  })
} finally {
  await registry.stop()
  folder.remove()
  home.remove()
}

async function verify({ from, flags, again }: Mode): Promise<Run> {
  if (again === undefined) rmSync(join(home.path, '.config'), { recursive: true, force: true })
  const before = cpuMs(registry.pid)
  const startMs = performance.now()
  const place = from === 'folder' ? statics : registry.url
  const environment = { ...process.env, HOME: home.path, XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '' }
  const args = ['--import', meter, main, 'verify', place, ...flags]
  const child = spawn(process.execPath, args, { env: environment })
  const [output, errors] = [text(child.stdout), text(child.stderr)]
  const [code] = await once(child, 'exit')
  const wallMs = performance.now() - startMs
  if (code !== 0) throw new Error(`stele verify ended with ${code}\n${await output}${await errors}`)
  const cost: Pick<Run, 'cpuMs' | 'maxResidentBytes'> = JSON.parse(lastLine(await errors))
  return { ...cost, wallMs, serverCpuMs: cpuMs(registry.pid) - before }
}

function lastLine(lines: string): string {
  return lines.trimEnd().split('\n').at(-1) ?? ''
}

function rowOf({ mode }: Mode, runs: readonly Run[], entries: number): Row {
  const rates = runs.map(({ wallMs }) => (entries / wallMs) * 1000)
  return {
    mode,
    'entries/s': short(median(rates)),
    spread: spread(rates),
    seconds: short(median(runs.map((run) => run.wallMs)) / 1000),
    'CPU µs an entry': short((median(runs.map((run) => run.cpuMs)) * 1000) / entries),
    'peak MB': short(median(runs.map((run) => run.maxResidentBytes)) / 1e6),
    "server's CPU µs an entry": short(
      (median(runs.map((run) => run.serverCpuMs)) * 1000) / entries,
    ),
  }
}

/** `carryMicros` is what one thread takes to check hashes, carry effects and keep the trie: measured with calls that are not run. */
function modelRows(
  all: ReadonlyMap<Mode, readonly Run[]>,
  { entries, carryMicros }: { readonly entries: number; readonly carryMicros: number },
): Row[] {
  return modes
    .filter(({ from, again }) => from === 'folder' && again === undefined)
    .map((mode) => {
      const runs = all.get(mode) ?? []
      const perEntry = (median(runs.map((run) => run.cpuMs)) * 1000) / entries
      const rate = (cores: number): number => short(1e6 / Math.max(carryMicros, perEntry / cores))
      const columns = [1, 2, 4, 8].map((cores): [string, number] => [`${cores} cores`, rate(cores)])
      return { mode: mode.mode, ...Object.fromEntries(columns) }
    })
}
