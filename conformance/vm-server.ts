// Starts "nodevms exec" as people do, with a script and a folder of its own, and a client of its methods that is not ours.
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { clientsFolder, installClients } from './npm-client.ts'
import { type Finished, runProgram, spawnOwn } from './processes.ts'

export const nodevmsFile: string = fileURLToPath(
  new URL('../packages/stele/bin/nodevms.cjs', import.meta.url),
)
const startTimeoutMs = 30_000

/** A script that is served. */
export type VmServer = AsyncDisposable & {
  /** As it prints it: `localhost:<port>`. */
  readonly address: string
  readonly dir: string
  readonly pid: number
  /** What it printed until it was ready. */
  readonly printed: readonly string[]
  readonly said: () => string
  readonly stop: () => Promise<void>
  readonly kill: () => Promise<void>
}

/** What is served where. */
export type VmOptions = {
  readonly folder: string
  readonly script: string
  readonly name?: string
  readonly flags?: readonly string[]
  /** Any free one when absent. */
  readonly port?: string
}

/** Starts it in the folder, and waits until it serves. */
export async function startVm({
  folder,
  script,
  name = 'script.js',
  flags = [],
  port = '0',
}: VmOptions): Promise<VmServer> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), script)
  const args = [nodevmsFile, 'exec', name, '--port', port, ...flags]
  const env = { PATH: process.env['PATH'], HOME: folder }
  const child = spawnOwn(process.execPath, args, { cwd: folder, env })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const printed = await new Promise<readonly string[]>((resolve, reject) => {
    const lines: string[] = []
    const timer = setTimeout(() => reject(new Error(`It does not serve:\n${said}`)), startTimeoutMs)
    child.once('exit', () => reject(new Error(`It ended:\n${said}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (!line.startsWith('Call log:')) return
      clearTimeout(timer)
      resolve(lines)
    })
  })
  const address = printed[0]?.replace('Serving at ', '') ?? ''
  const dir = printed[1]?.replace('Serving directory ', '') ?? ''
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  const stop = (): Promise<void> => end('SIGTERM')
  const kill = (): Promise<void> => end('SIGKILL')
  return {
    address,
    dir,
    pid: child.pid ?? 0,
    printed,
    said: () => said,
    stop,
    kill,
    [Symbol.asyncDispose]: stop,
  }
}

/** Runs `nodevms` with these arguments to its end. */
export function runNodevms(folder: string, args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' }
  return runProgram(process.execPath, [nodevmsFile, ...args], { cwd: folder, env })
}

/** A client of rpc-websockets: what NodeVMS's own is made of. */
export type ForeignClient = Disposable & {
  readonly call: (method: string, params?: readonly unknown[]) => Promise<unknown>
}

type RpcWebsockets = {
  readonly Client: new (
    address: string,
    options: object,
  ) => {
    readonly call: (method: string, params?: readonly unknown[]) => Promise<unknown>
    readonly on: (event: 'open' | 'error', heard: (error?: unknown) => void) => void
    readonly close: () => void
  }
}

/** Connects to the service as this user. */
export async function connectForeign(address: string, user?: string): Promise<ForeignClient> {
  await installClients()
  const module = join(clientsFolder, 'node_modules', 'rpc-websockets', 'dist', 'index.mjs')
  const { Client }: RpcWebsockets = await import(pathToFileURL(module).href)
  const query = user === undefined ? '' : `?user=${encodeURIComponent(user)}`
  const client = new Client(`ws://${address}/${query}`, { reconnect: false })
  await new Promise<void>((resolve, reject) => {
    client.on('open', () => resolve())
    client.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))))
  })
  return {
    call: (method, params = []) => client.call(method, params),
    [Symbol.dispose]: () => client.close(),
  }
}

/** Sends requests of JSON-RPC as they are given, one after the other. `closed` resolves when the connection is gone. */
export async function connectRaw(address: string): Promise<
  Disposable & {
    readonly ask: (request: object) => Promise<unknown>
    readonly closed: Promise<unknown>
  }
> {
  const socket = new WebSocket(`ws://${address}/`)
  const closed = once(socket, 'close')
  const refused = closed.then(() => {
    throw new Error(`${address} cannot be reached`)
  })
  await Promise.race([once(socket, 'open'), refused])
  refused.catch(() => undefined)
  let id = 0
  return {
    ask: async (request) => {
      socket.send(JSON.stringify({ jsonrpc: '2.0', ...request, id: ++id }))
      const [{ data }] = await once(socket, 'message')
      return JSON.parse(String(data))
    },
    closed,
    [Symbol.dispose]: () => socket.close(),
  }
}
