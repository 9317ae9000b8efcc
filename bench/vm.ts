// What a script's service does: durable calls a second, a restart after many calls, a verification, and the memory of many
// services: `node bench/vm.ts [calls] [services]`.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cpuMs, treeResidentBytes } from './parts/process-cost.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const calls = Number(process.argv[2] ?? 100_000)
const services = Number(process.argv[3] ?? 100)
const rounds = 4
const callers = 16
const starts = 5

const scripts = {
  'a counter in a closure': 'let n = 0; exports.next = () => ++n',
  'a counter in a file': `
exports.init = () => System.files.writeFile('/n', '0')
exports.next = async () => {
  const n = Number(await System.files.readFile('/n')) + 1
  await System.files.writeFile('/n', String(n))
  return n
}`,
} as const

const factory = `
exports.provision = async (title, code) => (await System.vms.provisionVM({ title, code })).callLogUrl`

const stele = fileURLToPath(new URL('../packages/stele/bin/stele.cjs', import.meta.url))
const folder = makeFolder()
try {
  const rates: Row[] = []
  for (const [what, script] of Object.entries(scripts)) rates.push(await measureRate(what, script))
  const dir = join(folder.path, 'long')
  const restart = await measureRestart(dir)
  const memory = await measureMemory(join(folder.path, 'many'))
  printReport({
    tables: [
      { caption: `Calls, ${callers} callers, each with one under way`, rows: rates },
      { caption: `A service with ${calls} calls, of a counter in a closure`, rows: restart.starts },
      { caption: `stele vm verify of its ${calls} calls, over HTTP`, rows: restart.verified },
      {
        caption: `A factory and the ${services} services that it provisioned, in one process`,
        rows: memory,
      },
    ],
    remarks: [
      "A call is answered when it is in the signed log, on disk (fsync). CPU is the server's, of all its threads.",
      `Rates: medians of ${rounds - 1} rounds of 3 s; starts: of ${starts}, from the spawn to the first answer of a call.`,
    ],
  })
} finally {
  folder.remove()
}

type Server = { readonly child: ChildProcess; readonly address: string; readonly spawnedMs: number }

async function start(
  dir: string,
  script: string,
  options: readonly string[] = [],
): Promise<Server> {
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'script.js')
  if (!existsSync(file)) writeFileSync(file, script)
  const spawnedMs = performance.now()
  const args = [stele, 'vm', 'exec', file, '--port', '0', '--dir', join(dir, 'data'), ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^Serving at (\S+)/.exec(line) ?? []
    if (address !== undefined) return { child, address, spawnedMs }
  }
  throw new Error('It does not serve')
}

async function stop({ child }: Server, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

/** Calls a method for ever, one after the other, until `isOver`; gives how often, and each one's time. */
async function callAgain(address: string, isOver: (done: number) => boolean): Promise<number[]> {
  const socket = new WebSocket(`ws://${address}`)
  await once(socket, 'open')
  const times: number[] = []
  let sentMs = 0
  const send = (): void => {
    sentMs = performance.now()
    socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'next', params: [], id: times.length }))
  }
  const over = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => {
    const { result, error } = JSON.parse(String(data))
    if (typeof result !== 'number') over.reject(new Error(JSON.stringify(error)))
    times.push(performance.now() - sentMs)
    if (isOver(times.length)) over.resolve()
    else send()
  })
  socket.addEventListener('close', () => over.reject(new Error('The connection was closed')))
  send()
  await over.promise
  socket.close()
  return times
}

async function measureRate(what: string, script: string): Promise<Row> {
  const server = await start(join(folder.path, what.replaceAll(' ', '-')), script)
  const [rates, cpus, slowest]: [number[], number[], number[]] = [[], [], []]
  try {
    for (let round = 0; round < rounds; round++) {
      const { pid = 0 } = server.child
      const [beforeCpu, startMs] = [cpuMs(pid), performance.now()]
      const endMs = startMs + 3_000
      const times = await Promise.all(
        Array.from({ length: callers }, () =>
          callAgain(server.address, () => performance.now() >= endMs),
        ),
      )
      const all = times.flat().toSorted((a, b) => a - b)
      if (round === 0) continue
      rates.push(all.length / ((performance.now() - startMs) / 1000))
      cpus.push((cpuMs(pid) - beforeCpu) / all.length)
      slowest.push(all[Math.floor(all.length * 0.99)] ?? 0)
    }
  } finally {
    await stop(server)
  }
  return {
    script: what,
    'calls/s': short(median(rates)),
    spread: spread(rates),
    'CPU ms': short(median(cpus)),
    'p99 ms': short(median(slowest)),
  }
}

type Restarted = { readonly starts: readonly Row[]; readonly verified: readonly Row[] }

async function measureRestart(dir: string): Promise<Restarted> {
  const script = scripts['a counter in a closure']
  let last = await start(dir, script)
  const each = Math.ceil(calls / callers)
  await Promise.all(
    Array.from({ length: callers }, () => callAgain(last.address, (done) => done >= each)),
  )
  const rows: Row[] = []
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const [listening, answered]: [number[], number[]] = [[], []]
    for (let round = 0; round < starts; round++) {
      await stop(last, signal)
      last = await start(dir, script)
      listening.push(performance.now() - last.spawnedMs)
      await callAgain(last.address, () => true)
      answered.push(performance.now() - last.spawnedMs)
    }
    rows.push({
      'start after': signal,
      'listening, ms': short(median(listening)),
      'first call answered, ms': short(median(answered)),
      spread: spread(answered),
    })
  }
  try {
    return { starts: rows, verified: [await measureVerify(last.address, dir)] }
  } finally {
    await stop(last)
  }
}

async function measureVerify(address: string, home: string): Promise<Row> {
  const took: number[] = []
  for (let round = 0; round < rounds - 1; round++) {
    const startMs = performance.now()
    const child = spawn(process.execPath, [stele, 'vm', 'verify', address], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: join(home, `home-${round}`) },
    })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`It does not verify: ${String(code)}`)
    took.push(performance.now() - startMs)
  }
  const seconds = median(took) / 1000
  return { seconds: short(seconds), 'calls/s': short(calls / seconds), spread: spread(took) }
}

/** Provisions them, calls each a hundred times, and gives what the process holds along the way. */
async function measureMemory(dir: string): Promise<readonly Row[]> {
  const options = ['--factory', '--max-services', String(services)]
  let server = await start(dir, factory, options)
  const addresses: string[] = []
  const rows: Row[] = []
  const note = (when: string): void => {
    rows.push({ when, MB: short(treeResidentBytes(server.child.pid ?? 0) / 2 ** 20) })
  }
  try {
    note('alone')
    for (let at = 0; at < services; at++) {
      const code = scripts[at % 2 === 0 ? 'a counter in a closure' : 'a counter in a file']
      const params = [`Counter ${at}`, code]
      const callLogUrl = await callOnce(server.address, { method: 'provision', params })
      addresses.push(new URL('../..', String(callLogUrl)).pathname)
    }
    note('provisioned')
    for (const path of addresses) {
      await callAgain(`${server.address}${path}`, (done) => done >= 100)
    }
    note('each called 100 times')
    await stop(server, 'SIGKILL')
    server = await start(dir, factory, options)
    for (const path of addresses) await callAgain(`${server.address}${path}`, () => true)
    note('killed, started again, each called once')
    return rows
  } finally {
    await stop(server)
  }
}

type Asked = { readonly method: string; readonly params: readonly string[] }

async function callOnce(address: string, asked: Asked): Promise<unknown> {
  const socket = new WebSocket(`ws://${address}`)
  await once(socket, 'open')
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, ...asked }))
  const [message] = await once(socket, 'message')
  socket.close()
  const { result, error } = JSON.parse(String(message.data))
  if (error !== undefined) throw new Error(JSON.stringify(error))
  return result
}
