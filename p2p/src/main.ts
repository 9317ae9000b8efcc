// The process: reads what was typed, prints what happens, and turns errors into exit codes.
import { parseArgs } from 'node:util'
import { isSteleError, SteleError } from 'stele/clone'
import { formatClone, keepEvidence, parseLogKey, showCloning } from 'stele/clone/cli'
import { parseBootstrap } from './bootstrap.ts'
import { help, version } from './help.ts'
import type { Synced } from './sync-drive.ts'

const exitCodes = { failed: 1, wrongUsage: 2, unreachable: 4, bug: 70 } as const
const unreachable: readonly string[] = ['peers_silent', 'server_unreachable', 'server_refused']

process.exitCode = await runProcess(process.argv.slice(2))
process.exit() // Sockets of the network may linger for seconds.

async function runProcess(argv: readonly string[]): Promise<number> {
  try {
    return await runCommand(argv)
  } catch (error) {
    if (!isSteleError(error)) {
      say(`${error instanceof Error ? error.stack : String(error)}`)
      say('This is a bug in stele-p2p. Please report it with the lines above')
      return exitCodes.bug
    }
    const fix = isSteleError(error, 'usage_wrong') ? 'Run "stele-p2p --help"' : error.fix
    say(fix === undefined ? error.message : `${error.message}\n${fix}`)
    if (isSteleError(error, 'usage_wrong')) return exitCodes.wrongUsage
    return unreachable.includes(error.code) ? exitCodes.unreachable : exitCodes.failed
  }
}

async function runCommand(argv: readonly string[]): Promise<number> {
  const { positionals, values } = parse(argv)
  const [command = 'help', ...rest] = positionals
  if (values.version === true) print(version)
  else if (values.help === true || command === 'help') print(help)
  else if (command === 'share') await runShare(rest, values)
  else if (command === 'clone') await runClone(rest, values)
  else throw wrongUsage(`There is no command "${command}": "share" and "clone" are there`)
  return 0
}

type Values = ReturnType<typeof parse>['values']

async function runShare(typed: readonly string[], values: Values): Promise<void> {
  const [source, ...more] = typed
  if (source === undefined || more.length > 0) {
    throw wrongUsage('Give the folder or the address of one service: stele-p2p share ./copy')
  }
  if (values.key !== undefined || values.wait !== undefined) {
    throw wrongUsage('--key and --wait are for "stele-p2p clone"')
  }
  const { share } = await import('./share.ts')
  const shared = await share(source, {
    bootstrap: values.bootstrap.map(parseBootstrap),
    ...(values.state === undefined ? {} : { state: values.state }),
    newAddress: values['new-address'] === true,
    changed: sayChange,
    failed: (error) => say(`${error.message}\nWhat was shared before is still shared`),
  })
  const { address, folder, first, announced } = shared
  print(`Sharing ${first.origin}, ${first.size} entries, from ${folder}\n${address}`)
  if (first.replaced > 0) say(stillThere(first))
  if (!announced) say('The network of peers cannot be reached yet. It is tried again and again')
  await stopped()
  await shared.close()
}

function sayChange(synced: Synced): void {
  say(`Shared ${synced.size} entries`)
  if (synced.replaced > 0) say(stillThere(synced))
}

function stillThere({ replaced }: Synced): string {
  const what = `${replaced} files of the log were taken down or replaced, but what is shared keeps what they were`
  return `${what}. "--new-address" forgets it`
}

async function runClone(typed: readonly string[], values: Values): Promise<void> {
  const [address, dir, ...more] = typed
  if (address === undefined || dir === undefined || more.length > 0) {
    throw wrongUsage('Say what and where to: stele-p2p clone hyper://… ./copy')
  }
  if (values.state !== undefined || values['new-address'] !== undefined) {
    throw wrongUsage('--state and --new-address are for "stele-p2p share"')
  }
  const { clone } = await import('./clone.ts')
  const controller = new AbortController()
  void stopped().then(() => controller.abort())
  const progress = showCloning()
  progress.ask(address)
  try {
    const report = await clone(address, dir, {
      bootstrap: values.bootstrap.map(parseBootstrap),
      ...(values.key === undefined ? {} : { logKey: parseLogKey(values.key) }),
      ...parseWait(values.wait),
      progress: progress.show,
      contradicted: keepEvidence(progress),
      signal: controller.signal,
    })
    progress.clear()
    print(formatClone(report))
  } finally {
    progress.clear()
  }
}

function parse(argv: readonly string[]) {
  try {
    const { positionals, values } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        bootstrap: { type: 'string', multiple: true, default: [] },
        state: { type: 'string' },
        key: { type: 'string' },
        wait: { type: 'string' },
        'new-address': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
    return { positionals, values }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw wrongUsage(reason)
  }
}

/** Seconds, for both waits; each has its own when nothing is said. */
function parseWait(text: string | undefined): { searchMs?: number; silenceMs?: number } {
  if (text === undefined) return {}
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (seconds < 1) throw wrongUsage(`--wait "${text}": must be a number of seconds from 1 to 9999`)
  return { searchMs: seconds * 1000, silenceMs: seconds * 1000 }
}

/** When a signal asks for it. Another one ends the process at once. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve())
  })
}

function wrongUsage(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
