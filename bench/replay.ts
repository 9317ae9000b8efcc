// How fast an auditor replays a log: `node bench/replay.ts [rounds]` runs `stele verify` on 35,000 entries over HTTP.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { openFilledFolder } from './parts/filled-folder.ts'
import { cpuMs } from './parts/process-cost.ts'
import { startRegistry } from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'

const rounds = Number(process.argv[2] ?? 3)
const meter = new URL('parts/exit-cost.ts', import.meta.url).href
const main = fileURLToPath(new URL('../packages/stele/src/main.ts', import.meta.url))

type Run = {
  readonly wallMs: number
  readonly cpuMs: number
  readonly maxResidentBytes: number
  readonly serverCpuMs: number
}
type Mode = { readonly mode: string; readonly flags: readonly string[] }

const modes: readonly Mode[] = [
  { mode: 'all of it', flags: [] },
  { mode: 'without the tarballs', flags: ['--no-tarballs'] },
]
const folder = await openFilledFolder()
const registry = await startRegistry('stele', { dir: folder.path })
try {
  const entries = await readSize()
  const runs = new Map<Mode, Run[]>()
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) runs.set(mode, [...(runs.get(mode) ?? []), await verify(mode)])
  }
  printReport({
    tables: [
      {
        caption: `stele verify of ${entries} entries`,
        rows: modes.map((mode) => rowOf(mode, runs.get(mode) ?? [], entries)),
      },
    ],
    remarks: [
      `Medians of ${rounds} runs; the registry that serves the log runs on the same cores. Calls are run by the script again.`,
    ],
  })
} finally {
  await registry.stop()
  folder.remove()
}

async function readSize(): Promise<number> {
  const checkpoint = await (await fetch(`${registry.url}/-/log/checkpoint`)).text()
  return Number(checkpoint.split('\n')[1])
}

async function verify({ flags }: Mode): Promise<Run> {
  const before = cpuMs(registry.pid)
  const startMs = performance.now()
  const child = spawn(process.execPath, ['--import', meter, main, 'verify', registry.url, ...flags])
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
    'calls/s': short(median(rates)),
    spread: spread(rates),
    seconds: short(median(runs.map((run) => run.wallMs)) / 1000),
    'CPU µs a call': short((median(runs.map((run) => run.cpuMs)) * 1000) / entries),
    'peak MB': short(median(runs.map((run) => run.maxResidentBytes)) / 1e6),
    "server's CPU µs a call": short((median(runs.map((run) => run.serverCpuMs)) * 1000) / entries),
  }
}
