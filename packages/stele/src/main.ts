// The process: picks the command, prints what it gives, and turns errors into exit codes. In a worker: runs its role.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { isSteleError, SteleError, toErrorBody } from '@stele/errors'
import type { EarlyWorker } from '@stele/service/thread'
import { nearest } from '@stele/settings'
import { isDatabaseError } from '@stele/storage/fault'
import type { FolderThreadData } from '@stele/storage/publishing'
import { parseArguments } from './arguments.ts'
import { commandsOfNpm, fullName, otherWays } from './commands/aliases.ts'
import { commands } from './commands/catalogue.ts'
import type { Input, RunnableCommand } from './commands/command.ts'
import type { LeadingFlags } from './commands/leading-flags.ts'
import { setTyped } from './commands/npm-options.ts'
import { useCompileCache } from './compile-cache.ts'
import { codeOfSignal, endBy, untilStopped } from './ending.ts'
import { stopSignal } from './stop-signal.ts'
import { fileErrorOf, fileFault } from './user-file.ts'

const exitCodes = { failed: 1, wrongUsage: 2, unreachable: 4, bug: 70 } as const
/** Nothing was done, and nothing is known of the other side. */
const unreachable = [
  'server_unreachable',
  'server_refused',
  'verify_stopped',
  'verify_impossible',
  'copy_incomplete',
  'read_too_large',
  'entry_not_run',
  'engine_unknown',
  'engine_retired',
] as const
/** What was typed, or written into settings, cannot be meant. */
const wrongUsage = ['usage_wrong', 'setting_invalid', 'setting_unknown'] as const

useCompileCache(process.env) // Commands and roles are loaded after this line, from the cache in half the time.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit() // Whoever read it has seen enough.
})

if (isMainThread) process.exitCode = await runProcess(process.argv.slice(2))
else await runRole()

async function runRole(): Promise<void> {
  if (parentPort === null) throw new Error('A worker must have a parent')
  if (workerData.role === 'services') {
    const { runThread } = await import('@stele/service/thread')
    const { createOpener } = await import('./services/open-in-thread.ts')
    const { kinds } = await import('./services/kinds.ts')
    const { vmKind } = await import('./services/vm/kind.ts')
    runThread(parentPort, workerData.data, createOpener([...kinds, vmKind], startFolderWorker))
  } else if (workerData.role === 'folder') {
    const { runFolderThread } = await import('@stele/storage/publishing')
    runFolderThread(parentPort, workerData.data)
  } else if (workerData.role === 'rerun') {
    const { runRerun } = await import('./vm/rerun.ts')
    runRerun(parentPort, workerData.data)
  } else if (workerData.role === 'ingest') {
    const { runIngest } = await import('./ingest/worker.ts')
    runIngest(parentPort)
  } else if (workerData.role === 'archive') {
    const { runArchive } = await import('./ingest/archive-thread.ts')
    await runArchive(parentPort, workerData.archive)
  } else if (workerData.role === 'pull') {
    const { runPull } = await import('./client/sources/pull-thread.ts')
    runPull(parentPort, workerData.data)
  } else if (workerData.role === 'stage') {
    const { stageShared } = await import('@stele/install/stage')
    stageShared(workerData.data.jobs, workerData.data.counts)
  } else if (workerData.role === 'scan') {
    const { runScanning } = await import('./scanner/worker.ts')
    runScanning(parentPort, workerData.data)
  } else if (workerData.role === 'upstream') {
    const { runUpstreamReading } = await import('./upstream/worker.ts')
    runUpstreamReading(parentPort)
  } else {
    const { runVerify } = await import('./verify/worker.ts')
    await runVerify(parentPort, workerData.data)
  }
}

/** The thread that changes a public folder. Its files are small, and so is what it needs. */
function startFolderWorker(data: FolderThreadData): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: 1 }
  return new Worker(new URL(import.meta.url), {
    workerData: { role: 'folder', data },
    resourceLimits,
  })
}

async function runProcess(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json')
  try {
    return await runCommand(argv)
  } catch (cause) {
    const error = systemErrorOf(cause) ?? cause
    if (!isSteleError(error)) {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.stderr.write('This is a bug in Stele. Please report it with the lines above\n')
      return exitCodes.bug
    }
    if (json) process.stdout.write(`${JSON.stringify(toErrorBody(error))}\n`)
    else if (isNdjson(argv)) {
      process.stdout.write(`${JSON.stringify({ event: 'error', ...toErrorBody(error) })}\n`)
    } else if (!isSteleError(error, 'interrupted'))
      process.stderr.write(
        [error.message, ...error.lines, error.fix].flatMap((line) => line ?? []).join('\n') + '\n',
      )
    if (isSteleError(error, 'interrupted')) return await endInterrupted(error.details.signal)
    if (unreachable.some((code) => code === error.code)) return exitCodes.unreachable
    return wrongUsage.some((code) => code === error.code) ? exitCodes.wrongUsage : exitCodes.failed
  }
}

async function endInterrupted(signal: string): Promise<number> {
  if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP') await endBy(signal)
  return codeOfSignal(signal)
}

function isNdjson(argv: readonly string[]): boolean {
  return argv.includes('--reporter=ndjson') || argv[argv.indexOf('--reporter') + 1] === 'ndjson'
}

/** A file that cannot be read or written is the user's to mend, not a bug. */
function systemErrorOf(cause: unknown): SteleError | undefined {
  const ofFile = fileErrorOf(cause)
  if (!(cause instanceof Error) || ofFile !== undefined || !isDatabaseError(cause)) return ofFile
  const details = { path: 'the data folder', reason: fileFault(cause) }
  return new SteleError('data_invalid', details, { cause })
}

async function runCommand(argv: readonly string[]): Promise<number> {
  const { flags, words } = await splitLeading(argv)
  const [first = 'help', ...behind] = joinVerb(words)
  const rest = [...flags, ...behind]
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${await readVersion()}\n`)
    return 0
  }
  const name = first === '--help' || first === '-h' ? 'help' : first
  const main = new URL(import.meta.url)
  const early = name === 'serve' || name === 'vm exec' ? await startEarly(main) : undefined
  const command = await findCommand(name)
  const { positionals, options } = parseArguments(command.usage, rest)
  if (options['help'] === true) return runCommand(['help', name])
  const typed = { words: rest, environment: { ...process.env } }
  setTyped(command.usage, options, process.env)
  const input: Input = {
    typed,
    positionals,
    options,
    isTerminal: process.stderr.isTTY === true,
    terminal: process.stdin.isTTY === true ? { ask: askPerson } : undefined,
    readInput,
    environment: process.env,
    main,
    early,
    stop: stopSignal(process),
  }
  const ended = command.execute(input)
  const { text, exitCode } = await (command.endsItself ? ended : untilStopped(input.stop, ended))
  if (text !== '') process.stdout.write(`${text}\n`)
  return exitCode
}

/** Flags may stand before the command. What has a meaning alone stays where it is. */
async function splitLeading(argv: readonly string[]): Promise<LeadingFlags> {
  const [first = ''] = argv
  const isAlone = /^(?:--help|-h|--version|-v)$/.test(first)
  if (!first.startsWith('-') || isAlone) return { flags: [], words: argv }
  const { leadingFlags } = await import('./commands/leading-flags.ts')
  return leadingFlags(argv)
}

/** `vm exec` is one command, with two words; `vm help exec` asks for its help. */
function joinVerb(argv: readonly string[]): readonly string[] {
  const [group, verb = 'help', ...rest] = argv
  if (!Object.keys(commands).some((name) => name.startsWith(`${group} `))) return argv
  if (verb === '--version' || verb === '-v') return [verb]
  const isHelp = verb === 'help' || verb === '--help' || verb === '-h'
  // "mirror <url>" is a command, "mirror push" another.
  const isOwn = Object.hasOwn(commands, group ?? '')
  if (isOwn && !(isHelp && argv.length > 1) && !Object.hasOwn(commands, `${group} ${verb}`))
    return argv
  if (!isHelp) return [`${group} ${verb}`, ...rest]
  return ['help', [group, ...rest].join(' ')]
}

/** The services' thread loads its modules while this one loads those of the server. */
async function startEarly(main: URL): Promise<EarlyWorker> {
  const { startEarlyWorker } = await import('@stele/service/thread')
  return startEarlyWorker(main)
}

async function findCommand(typed: string): Promise<RunnableCommand> {
  const name = fullName(typed, Object.keys(commands))
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  return load === undefined ? refuse(name) : load()
}

async function refuse(name: string): Promise<never> {
  const isOption = name.startsWith('-')
  const { near } = isOption ? {} : nearest(name, [...Object.keys(commands), 'version'])
  const meant = near === 'version' ? '--version' : near
  const hint = (await isScript(name))
    ? `; "stele run ${name}" runs the script of that name`
    : Object.hasOwn(otherWays, name)
      ? `: ${otherWays[name]}`
      : commandsOfNpm.has(name)
        ? `: "npm ${name}" does that, with the same .npmrc`
        : meant === undefined
          ? ''
          : `; did you mean "${meant}"?`
  const reason = isOption ? `Unknown option ${name}` : `There is no command "${name}"${hint}`
  throw new SteleError('usage_wrong', { reason, command: '' })
}

/** Whether the package.json here has it. */
async function isScript(name: string): Promise<boolean> {
  const { manifestIn } = await import('./client/project/manifest-in.ts')
  const scripts = manifestIn(process.cwd())?.['scripts']
  return typeof scripts === 'object' && scripts !== null && Object.hasOwn(scripts, name)
}

async function askPerson(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } catch (cause) {
    const isCtrlC = cause instanceof Error && cause.name === 'AbortError'
    throw isCtrlC ? new SteleError('interrupted', { signal: 'SIGINT' }, { cause }) : cause
  } finally {
    lines.close()
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

async function readVersion(): Promise<string> {
  const { version } = await import('./version.ts')
  return version
}
