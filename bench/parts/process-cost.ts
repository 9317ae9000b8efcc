// What a running process has cost so far, as Linux counts it: CPU with all its threads, and resident memory with its children.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

let ticksPerSecond: number | undefined

/** User and system time in milliseconds, of all threads, also those that ended. Resolution: a tick, 10 ms as a rule. */
export function cpuMs(pid: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  const [user, system] = statFields(`/proc/${pid}/stat`).slice(11, 13)
  return ((Number(user) + Number(system)) * 1000) / ticksPerSecond
}

/** CPU milliseconds of each thread that runs now, by thread number. */
export function threadCpuMs(pid: number): ReadonlyMap<number, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
      return [Number(thread), Number(nanoseconds) / 1e6]
    }),
  )
}

const lookEveryMs = 200
const maxSettleMs = 60_000

/** Waits until the process has been idle for a moment: what it does behind its answers belongs to their cost. */
export async function settled(pid: number): Promise<void> {
  const untilMs = performance.now() + maxSettleMs
  let quiet = 0
  for (let before = cpuMs(pid); quiet < 7 && performance.now() < untilMs; ) {
    await setTimeout(lookEveryMs)
    const now = cpuMs(pid)
    quiet = now - before < lookEveryMs / 20 ? quiet + 1 : 0
    before = now
  }
}

/** Resident memory of the process and all that it started, in bytes. */
export function treeResidentBytes(pid: number): number {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const parent = parentOf(Number(entry))
    if (parent !== undefined) parents.set(Number(entry), parent)
  }
  const isInTree = (each: number | undefined): boolean =>
    each !== undefined && (each === pid || isInTree(parents.get(each)))
  return [...parents.keys()].filter(isInTree).reduce((sum, each) => sum + residentBytes(each), 0)
}

function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0 // It ended in between.
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statFields(`/proc/${pid}/stat`)[1])
  } catch {
    return undefined // It ended in between.
  }
}

/** The fields after the name, which may hold anything: state is number 0. */
function statFields(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
