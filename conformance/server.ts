// Starts the real server, as `stele serve` does, in a folder of its own, and stops it again. Its log lines are kept.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { spawnOwn } from './processes.ts'
import { makeFolder } from './temporary-folder.ts'

/** One line of the server's log. */
export type LogLine = { readonly event: string; readonly [fact: string]: unknown }

/** A running server. */
export type Server = AsyncDisposable & {
  /** As the server says it, without a slash at its end. */
  readonly url: string
  readonly port: number
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
}

/** A checkpoint's first three lines. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: string }

const startTimeoutMs = 30_000
const stopTimeoutMs = 20_000

export const repository: string = fileURLToPath(new URL('..', import.meta.url))
export const mainFile: string = fileURLToPath(
  new URL('../packages/stele/src/main.ts', import.meta.url),
)

/** Starts a server and waits until it listens. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const folder = options.dir === undefined ? await makeFolder('server') : undefined
  const dir = options.dir ?? folder?.path ?? ''
  const child = spawnOwn(
    process.execPath,
    [
      ...[mainFile, 'serve', '--dir', dir, '--port', String(options.port ?? 0)],
      ...['--log-level', 'debug', ...(options.flags ?? [])],
    ],
    { cwd: dir, env: { PATH: process.env['PATH'], HOME: dir } },
  )
  const lines: LogLine[] = []
  const texts: string[] = []
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await ended
    clearTimeout(timer)
    assert.equal(child.exitCode, 0, `The server did not end well:\n${texts.slice(-20).join('\n')}`)
  }
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(`The server ${why}:\n${texts.slice(-20).join('\n')}`))
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail('does not listen')
    }, startTimeoutMs)
    void ended.then(() => fail('ended'))
    child.once('error', reject)
    createInterface({ input: child.stderr }).on('line', (text) => {
      texts.push(text)
      const line = parseLine(text)
      if (line === undefined) return
      lines.push(line)
      if (line.event !== 'listening') return
      clearTimeout(timer)
      resolve(String(line['url']))
    })
    child.stdout.resume()
  })
  return {
    url,
    port: Number(new URL(url).port),
    dir,
    lines,
    stop,
    [Symbol.asyncDispose]: async () => {
      try {
        await stop()
      } finally {
        await folder?.[Symbol.asyncDispose]()
      }
    },
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

function parseLine(text: string): LogLine | undefined {
  try {
    const found: unknown = JSON.parse(text)
    const isLine = typeof found === 'object' && found !== null && 'event' in found
    return isLine ? { ...found, event: String(found.event) } : undefined
  } catch {
    return undefined
  }
}
