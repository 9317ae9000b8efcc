// stele vm exec <script>, as NodeVMS's nodevms exec: serves a script until it is asked to stop.
import { basename, resolve } from 'node:path'
import { filesRoot, logRoot } from '@stele/entries/paths'
import { isSteleError, redact, SteleError } from '@stele/errors'
import { isOnlyLocal } from '../server/announce.ts'
import { aborted } from '../stop-signal.ts'
import { readUserFile } from '../user-file.ts'
import { VMFactory } from '../vm/factory.ts'
import { usualMaxVMs } from '../vm/limits.ts'
import { RPCServer } from '../vm/rpc-server.ts'
import { useEarlyWorker } from '../vm/thread.ts'
import { deployedOf, VM } from '../vm/vm.ts'
import { type Command, type Input, usageError } from './command.ts'
import { describeFault } from './script-fault.ts'

const usageWrong = usageError('vm exec')

type Report = { readonly stopped: string }

const usualPort = 5555

/** Serves a script as a service. */
export const vmExec: Command<Report> = {
  usage: {
    name: 'vm exec',
    summary: 'Serve a script: its methods to call, its files and its call log to read and check',
    arguments: '<script.js>',
    options: {
      port: {
        type: 'string',
        short: 'p',
        value: 'port',
        summary: 'the port to listen on (default 5555)',
      },
      host: {
        type: 'string',
        value: 'address',
        summary: 'the address to listen on (default localhost: this machine alone)',
      },
      dir: {
        type: 'string',
        value: 'folder',
        summary: "the service's folder (default: the script's name without .js)",
      },
      title: {
        type: 'string',
        value: 'text',
        summary: 'what people call the service (default: "<script> files")',
      },
      'allow-host': {
        type: 'string',
        value: 'host[:port]',
        multiple: true,
        summary: "a host that the script's oracles may fetch from; may be given several times",
      },
      factory: {
        type: 'boolean',
        summary:
          'let the script provision other services (System.vms), which are served below this one',
      },
      'max-services': {
        type: 'string',
        value: 'count',
        summary: `how many a factory may have at once (default ${usualMaxVMs})`,
      },
      debug: {
        type: 'boolean',
        short: 'd',
        summary:
          'take callers for who they say they are; usual on this machine, where --no-debug says otherwise',
      },
    },
    notes: [
      'A folder that holds a service already goes on with that: its log, its files, its script',
      'Look at it with "stele vm repl localhost:5555", check it with "stele vm verify localhost:5555"',
    ],
  },
  run,
  endsItself: true,
  view: () => '',
}

async function run(input: Input): Promise<Report> {
  const { early, stop } = input
  const wanted = readOptions(input)
  const { file, dir, title, host, port, isDebug, allowHosts } = wanted
  const script = readUserFile(file)
  useEarlyWorker(early)
  await using closing = new AsyncDisposableStack()
  const server = new RPCServer({ host, debug: isDebug, report: reportBug })
  closing.defer(() => server.close())
  await server.listen(port) // A port that is taken must not leave a log and keys behind.
  const vm =
    wanted.maxVMs === undefined ? new VM(script) : new VMFactory(script, { maxVMs: wanted.maxVMs })
  // What a script prints may be what a caller sent it: no terminal takes it for orders.
  vm.on('print', (line) => process.stderr.write(`${redact(line)}\n`))
  vm.on('notice', (event) => {
    if (!isUsual(event)) process.stderr.write(redact(textOf(event)))
  })
  await vm.deploy({ dir, title, allowHosts }).catch((error: unknown) => {
    if (!isSteleError(error, 'script_invalid')) throw error
    const { reason } = error.details
    const whole = reason + describeFault(script, reason, basename(file))
    throw new SteleError('script_invalid', { reason: whole }, { cause: error })
  })
  server.mount('/', vm)
  if (vm instanceof VMFactory) vm.setRPCServer(server)
  const served = closing.move()
  await using _vm = { [Symbol.asyncDispose]: () => vm.close() }
  await using _server = served
  const address = (server.url ?? '').replace(/^http:\/\//, '')
  process.stdout.write(
    [
      `Serving at ${address}`,
      `Serving directory ${dir}`,
      '',
      `Files:    http://${address}${filesRoot}`,
      `Call log: http://${address}${logRoot}`,
      '',
    ].join('\n'),
  )
  process.stderr.write(warningOf(vm, file))
  await aborted(stop)
  return { stopped: String(stop.reason) }
}

/** What whoever serves the script may not have meant. */
function warningOf(vm: VM, file: string): string {
  if (deployedOf(vm).runsOther) {
    return (
      `"${file}" is not the script that this service began with. The service goes on with its own: what is logged is true by that one only\n` +
      'To serve this one, give it a folder of its own: --dir <folder>\n'
    )
  }
  if (Object.keys(vm.exports).length > 0) return ''
  return `"${file}" exports no function, so nobody can call anything. A method is: exports.hello = () => 'Hello'\n`
}

type Wanted = {
  readonly file: string
  readonly dir: string
  readonly title: string
  readonly host: string
  readonly port: number
  readonly isDebug: boolean
  readonly allowHosts: readonly string[]
  /** How many services a factory may have; undefined for a script that is not a factory. */
  readonly maxVMs: number | undefined
}

function readOptions({ positionals, options }: Input): Wanted {
  const [file, ...more] = positionals
  if (file === undefined) throw usageWrong('Say which script: stele vm exec script.js')
  if (more.length > 0) throw usageWrong(`Too many arguments: ${more.join(' ')}`)
  const text = (name: string): string | undefined => {
    const value = options[name]
    return typeof value === 'string' ? value : undefined
  }
  const name = basename(file)
  const host = text('host') ?? 'localhost'
  const isLocal = isOnlyLocal({ host })
  return {
    file,
    dir: resolve(text('dir') ?? folderOf(name)),
    title: text('title') ?? `${name} files`,
    host,
    port: portOf(text('port')),
    isDebug: options['debug'] === undefined ? isLocal : options['debug'] === true,
    allowHosts: text('allow-host')?.split(',') ?? [],
    maxVMs: maxVMsOf(options['factory'] === true, text('max-services')),
  }
}

function maxVMsOf(isFactory: boolean, text: string | undefined): number | undefined {
  if (text === undefined) return isFactory ? usualMaxVMs : undefined
  if (!isFactory) throw usageWrong('--max-services goes with --factory')
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw usageWrong(`--max-services "${text}": must be a number from 1 to 99999`)
}

/** The script's name without `.js`; another name than the script's, so that it can lie beside it. */
function folderOf(name: string): string {
  const bare = name.replace(/\.[cm]?js$/, '')
  return bare === name ? `${name}-data` : bare
}

function portOf(text: string | undefined): number {
  if (text === undefined) return usualPort
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw usageWrong(`--port "${text}": must be a number from 0 to 65535`)
}

function reportBug(event: { readonly type: string; readonly stack?: string }): void {
  if (event.type === 'bug') process.stderr.write(`${event.stack}\n`)
}

/** What nobody at a terminal wants to read. */
function isUsual({ event }: { readonly event: string }): boolean {
  return event === 'commit' || event === 'projection_behind'
}

function textOf({ event, ...facts }: { readonly event: string }): string {
  const said = Object.entries(facts).flatMap(([name, value]) =>
    value === '' ? [] : [`${name}: ${String(value)}`],
  )
  return `${event.replaceAll('_', ' ')}: ${said.join(', ')}\n`
}
