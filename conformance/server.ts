// Starts the real server, as `stele serve` does, in a folder of its own, and stops it again. Its log lines are kept.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runProgram, spawnOwn, waitForLine } from './processes.ts'
import { makeFolder } from './temporary-folder.ts'

/** One line of the server's log. */
export type LogLine = { readonly event: string; readonly [fact: string]: unknown }

/** A running server. */
export type Server = AsyncDisposable & {
  /** As the server says it, without a slash at its end. */
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly dir: string
  readonly lines: readonly LogLine[]
  /** SIGTERM, and the end. Rejects when the server did not end well; may be called again. */
  readonly stop: () => Promise<void>
}

/** Where the server starts, and with which flags besides `--dir`, `--port` and `--log-level`. */
export type ServerOptions = {
  /** A data folder that outlives the server; a new one, removed with it, when absent. */
  readonly dir?: string
  readonly port?: number
  readonly flags?: readonly string[]
  /** The program, where it is not this checkout's: `packages/stele/src/main.ts` of another. */
  readonly main?: string
  /** Variables besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>
}

/** A checkpoint's first three lines. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: string }

const startTimeoutMs = 30_000
const stopTimeoutMs = 20_000
const verifyTimeoutMs = 120_000

export const repository: string = fileURLToPath(new URL('..', import.meta.url))
export const mainFile: string = fileURLToPath(
  new URL('../packages/stele/src/main.ts', import.meta.url),
)

/** Starts a server and waits until it listens. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const stack = new AsyncDisposableStack()
  try {
    const dir = options.dir ?? stack.use(await makeFolder('server')).path
    const flags = ['--dir', dir, '--port', String(options.port ?? 0), ...(options.flags ?? [])]
    const program = [options.main ?? mainFile, 'serve', '--log-level', 'debug', ...flags]
    const env = { PATH: process.env['PATH'], HOME: dir, ...options.env }
    const child = spawnOwn(process.execPath, program, { cwd: dir, env })
    const ended = once(child, 'exit')
    child.stdout.resume()
    const lines = collectLines(child.stderr)
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
      await ended
      clearTimeout(timer)
      const last = JSON.stringify(lines.slice(-5), null, 2)
      assert.equal(child.exitCode, 0, `The server did not end well:\n${last}`)
    }
    stack.defer(stop)
    const { url } = JSON.parse(await waitForLine(child, /"event":"listening"/, startTimeoutMs))
    return {
      url,
      port: Number(new URL(url).port),
      pid: child.pid ?? 0,
      dir,
      lines,
      stop,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync().catch(() => undefined) // Why it did not start tells more.
    throw error
  }
}

/** Throws when the server answered anything with 5xx, found a bug in itself, or told of trouble. */
export function assertNoTrouble(lines: readonly LogLine[]): void {
  const bad = lines.filter(
    (line) =>
      line.event === 'bug' ||
      line['level'] === 'error' ||
      (line.event === 'access' && Number(line['status']) >= 500),
  )
  assert.deepEqual(bad, [], 'The server told of trouble')
}

/** The registry's newest checkpoint, its signatures unchecked. */
export async function readCheckpoint(registry: string): Promise<Checkpoint> {
  const response = await fetch(`${registry}/-/log/checkpoint`)
  assert.equal(response.status, 200)
  const [origin = '', size, root = ''] = (await response.text()).split('\n')
  return { origin, size: Number(size), root }
}

/** Runs `stele verify` on a registry. Throws, with what it says, unless everything is verified. */
export async function assertVerifies(registry: string): Promise<void> {
  const { code, shown } = await runProgram(
    process.execPath,
    [mainFile, 'verify', '--forget', registry],
    {
      cwd: repository,
      env: { PATH: process.env['PATH'], HOME: join(tmpdir(), 'stele-conformance') },
      timeoutMs: verifyTimeoutMs,
    },
  )
  assert.equal(code, 0, shown)
}

function collectLines(stream: Readable): readonly LogLine[] {
  const lines: LogLine[] = []
  createInterface({ input: stream }).on('line', (text) => {
    const line = parseLine(text)
    if (line !== undefined) lines.push(line)
  })
  return lines
}

function parseLine(text: string): LogLine | undefined {
  try {
    const found: unknown = JSON.parse(text)
    const isLine = typeof found === 'object' && found !== null && 'event' in found
    return isLine ? { ...found, event: String(found.event) } : undefined
  } catch {
    return undefined
  }
}
