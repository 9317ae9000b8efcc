// One script: started in a shell, with what it prints shown, marked or kept, and its end told.
import { type ChildProcess, spawn } from 'node:child_process'
import { readConfig } from '@stele/fetch'
import { awaitProgram } from '../ending.ts'
import { baseEnvironment, type Script, scriptEnvironment } from './environment.ts'
import { maxKeptOutput } from './limits.ts'
import { shellCommand } from './shell.ts'
import { signalTree } from './signal-tree.ts'

/** What becomes of what it prints: `shown` as it is, `marked` line by line behind a name, `kept` for later; of data all on standard error. */
export type Output =
  | { readonly kind: 'shown'; readonly isData?: boolean }
  | { readonly kind: 'marked'; readonly mark: string; readonly isData?: boolean }
  | { readonly kind: 'kept' }

/** How it ended. */
type Ended = {
  readonly code: number
  readonly signal?: NodeJS.Signals | undefined
  /** What it printed, where that was kept. */
  readonly output: string
}

/** What scripts are run with. */
export type Runner = {
  readonly run: (script: Script, output: Output) => Promise<Ended>
  /** npm's `ignore-scripts`: what was asked for by name is run alone. */
  readonly isPlain: boolean
}

/** Where scripts are run, and for which command. */
export type RunnerOf = {
  /** Its .npmrc counts. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly command: string
  readonly main: URL
  /** Ends the scripts that run. */
  readonly stop?: AbortSignal | undefined
  /** In place of npm's `script-shell`. */
  readonly shell?: string | undefined
}

/** A runner of scripts. */
export function openRunner(of: RunnerOf): Runner {
  const config = readConfig(of.root)
  const env = baseEnvironment({ ...of, config })
  const shell = of.shell ?? config.setting('script-shell')
  const isPlain = config.setting('ignore-scripts') === 'true'
  return { isPlain, run: (script, output) => run(script, { output, env, shell, stop: of.stop }) }
}

type Running = Pick<RunnerOf, 'stop'> & {
  readonly output: Output
  readonly env: NodeJS.ProcessEnv
  readonly shell: string | undefined
}

function run(script: Script, { output, env: base, shell, stop }: Running): Promise<Ended> {
  const env = scriptEnvironment(base, script)
  const { program, args, isVerbatim } = shellCommand(script.script, script.args ?? [], {
    shell: shell === '' ? undefined : shell,
    env,
  })
  const child = spawn(program, [...args], {
    cwd: script.cwd ?? script.folder,
    env,
    stdio: stdioFor(output),
    windowsVerbatimArguments: isVerbatim,
  })
  const kept = listen(child, output)
  const forward = (): void => {
    const signal = signalOf(stop)
    if (signal !== undefined) signalTree(child, signal)
  }
  if (stop?.aborted === true) forward()
  else stop?.addEventListener('abort', forward, { once: true })
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  child.once('error', reject)
  child.once('close', (code, signal) => {
    stop?.removeEventListener('abort', forward)
    resolve({ code: code ?? 1, signal: signal ?? undefined, output: kept() })
  })
  return awaitProgram(promise)
}

function stdioFor(output: Output): ('inherit' | 'pipe' | 'ignore' | number)[] {
  if (output.kind !== 'shown') return ['ignore', 'pipe', 'pipe']
  return ['inherit', output.isData === true ? 2 : 'inherit', 'inherit']
}

/** A terminal tells Ctrl-C to everything that runs in it: told twice, many programs end at once, and nothing is tidied up. */
function signalOf(stop: AbortSignal | undefined): NodeJS.Signals | undefined {
  const reason: unknown = stop?.reason
  if (reason === 'SIGINT') return process.stdin.isTTY === true ? undefined : 'SIGINT'
  return reason === 'SIGHUP' ? 'SIGHUP' : 'SIGTERM'
}

/** Reads what it prints. The function gives what was kept. */
function listen(child: ChildProcess, output: Output): () => string {
  let text = ''
  const streams = [
    [
      child.stdout,
      output.kind === 'marked' && output.isData === true ? process.stderr : process.stdout,
    ],
    [child.stderr, process.stderr],
  ] as const
  for (const [from, to] of streams) {
    let rest = ''
    from?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-maxKeptOutput)
      if (output.kind !== 'marked') return
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      to.write(lines.map((line) => `${output.mark}${line}\n`).join(''))
    })
    from?.once('end', () => {
      if (output.kind === 'marked' && rest !== '') to.write(`${output.mark}${rest}\n`)
    })
  }
  return () => text
}
