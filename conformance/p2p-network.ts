// A network of peers on this machine alone, and stele-p2p in it, as people run it.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installPinned } from './npm-client.ts'
import { type Finished, killGroup, runProgram, spawnOwn } from './processes.ts'
import { repository } from './server.ts'

export const p2pFolder: string = join(repository, 'p2p')
const p2pFile = join(p2pFolder, 'bin', 'stele-p2p.cjs')
const shareTimeoutMs = 30_000

/** The nodes of the network. */
export type PeerNetwork = AsyncDisposable & {
  /** As `--bootstrap` takes it. */
  readonly bootstrap: string
}

type Testnet = {
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly destroy: () => Promise<void>
}

/** Starts a network, after it has installed what stele-p2p stands on where that is missing. */
export async function startPeerNetwork(): Promise<PeerNetwork> {
  await installPinned(p2pFolder)
  const createTestnet: (size: number) => Promise<Testnet> = createRequire(
    join(p2pFolder, 'package.json'),
  )('hyperdht/testnet')
  const testnet = await createTestnet(3)
  const [{ host, port } = { host: '', port: 0 }] = testnet.bootstrap
  return {
    bootstrap: `${host}:${port}`,
    [Symbol.asyncDispose]: () => testnet.destroy(),
  }
}

/** Runs `stele-p2p` to its end in this folder, which is its home too. */
export function runP2p(cwd: string, ...args: readonly string[]): Promise<Finished> {
  return runProgram(process.execPath, [p2pFile, ...args], { cwd, env: environmentIn(cwd) })
}

/** A process that shares. */
export type Sharer = AsyncDisposable & {
  /** `hyper://…`. */
  readonly address: string
  /** The first line that it prints. */
  readonly first: string
  /** Resolves when it has said that peers get this many entries. */
  readonly shared: (size: number) => Promise<void>
  readonly said: () => string
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Runs `stele-p2p share`, and waits until it has printed the address. */
export async function startSharing(cwd: string, ...args: readonly string[]): Promise<Sharer> {
  const child = spawnOwn(process.execPath, [p2pFile, 'share', ...args], {
    cwd,
    env: environmentIn(cwd),
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let [said, size] = ['', 0]
  let heard = (): void => undefined
  createInterface({ input: child.stderr }).on('line', (line) => {
    said += `${line}\n`
    size = Math.max(size, Number(/^Shared (\d+) entries/.exec(line)?.[1] ?? 0))
    heard()
  })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (signal === 'SIGKILL') killGroup(child)
    else child.kill(signal)
    await ended
  }
  const [first = '', address = ''] = await new Promise<readonly string[]>((resolve, reject) => {
    const lines: string[] = []
    const fail = (): void => reject(new Error(`It shares nothing:\n${said}`))
    const timer = setTimeout(fail, shareTimeoutMs)
    child.once('close', fail)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      size = Math.max(size, Number(/, (\d+) entries/.exec(line)?.[1] ?? 0))
      if (!line.startsWith('hyper://')) return
      clearTimeout(timer)
      resolve(lines)
    })
  })
  const stop = (): Promise<void> => end('SIGTERM')
  return {
    address,
    first,
    said: () => said,
    shared: (wanted) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${size} entries:\n${said}`)),
          shareTimeoutMs,
        )
        heard = () => {
          if (size < wanted) return
          clearTimeout(timer)
          resolve()
        }
        heard()
      }),
    stop,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: stop,
  }
}

/** Runs `stele-p2p` and kills it with this signal when standard error has these words. Gives what it had said by then. */
export async function runP2pUntil(
  cwd: string,
  words: RegExp,
  ...args: readonly string[]
): Promise<{ readonly signal: NodeJS.Signals | null; readonly said: string }> {
  const child = spawnOwn(process.execPath, [p2pFile, ...args], { cwd, env: environmentIn(cwd) })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString()
    if (words.test(said)) killGroup(child)
  })
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('close', (_code, by) => resolve(by))
  })
  return { signal, said }
}

function environmentIn(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder }
}
