// Processes that end with the test that started them, also when it is interrupted.
import { type ChildProcessWithoutNullStreams, type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** What a finished program left. `shown` is both outputs as a terminal would show them. */
export type Finished = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly shown: string
}

/** A prompt and the line that answers it. */
export type Answer = readonly [prompt: RegExp, line: string]

/** How a program is run to its end. Environment: only what is given here, and where compiled code is kept. */
export type RunOptions = {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly answers?: readonly Answer[]
  /** Longer counts as hanging: the program is killed, and the test fails. */
  readonly timeoutMs?: number
  /** The user that it runs as; only root can choose. */
  readonly uid?: number
}

const running = new Set<ChildProcessWithoutNullStreams>()
const usualTimeoutMs = 60_000

/** For all suites: programs have a home of the test's own, where none would be found. An empty NODE_COMPILE_CACHE is as without this. */
const compiled = join(import.meta.dirname, '..', 'node_modules', '.cache', 'conformance')

process.once('exit', () => {
  for (const child of running) killGroup(child)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** spawn(), in a process group of its own that is killed when this process ends. */
export function spawnOwn(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcessWithoutNullStreams {
  const env = { NODE_COMPILE_CACHE: compiled, ...(options.env ?? process.env) }
  const child = spawn(program, args, { ...options, env, stdio: 'pipe', detached: true })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  child.stdin.on('error', () => undefined) // It ended before it read all: its exit code tells more.
  return child
}

/** Kills a program and what it started. */
export function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** The first line of a program's standard error that matches. Rejects, with its last lines, when it ends or takes longer. */
export function waitForLine(
  child: ChildProcessWithoutNullStreams,
  wanted: RegExp,
  timeoutMs: number,
): Promise<string> {
  const said: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fail = (why: string): void => {
    reject(new Error(`It ${why} before it said ${wanted}:\n${said.slice(-20).join('\n')}`))
  }
  const timer = setTimeout(() => fail(`took ${timeoutMs} ms`), timeoutMs)
  child.once('error', reject)
  child.once('close', () => fail('ended'))
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (wanted.test(line)) resolve(line)
  })
  return promise.finally(() => clearTimeout(timer))
}

/** Runs a program to its end; each answer is written when its prompt has been shown, not before. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, answers = [], timeoutMs = usualTimeoutMs, uid }: RunOptions,
): Promise<Finished> {
  const child = spawnOwn(program, args, { cwd, env, ...(uid === undefined ? {} : { uid }) })
  const waiting = [...answers]
  const said = { stdout: '', stderr: '', shown: '', since: '' }
  if (waiting.length === 0) child.stdin.end()
  const hear = (name: 'stdout' | 'stderr') => (text: string) => {
    said[name] += text
    said.shown += text
    said.since += text
    const [next] = waiting
    if (next === undefined || !next[0].test(said.since)) return
    waiting.shift()
    said.since = ''
    child.stdin.write(`${next[1]}\n`)
  }
  child.stdout.setEncoding('utf8').on('data', hear('stdout'))
  child.stderr.setEncoding('utf8').on('data', hear('stderr'))
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      killGroup(child)
      reject(new Error(`It hangs: ${[program, ...args].join(' ')}\n${said.shown}`))
    }, timeoutMs)
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout: said.stdout, stderr: said.stderr, shown: said.shown })
    })
  })
}
