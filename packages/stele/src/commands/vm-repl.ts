// stele vm repl <host:port>, as NodeVMS's nodevms repl: calls the methods of a service, live or one of them.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type REPLServer, start } from 'node:repl'
import { inspect } from 'node:util'
import { describeCallError } from '@stele/entries/call-errors'
import { isSteleError, redactLine, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { RpcFailure, ScriptError } from '../rpc/call-errors.ts'
import { type Identity, loadIdentity } from '../rpc/identity.ts'
import { connectRpc, type RpcConnection } from '../rpc/rpc-client.ts'
import { wsAddress } from '../sources/service-address.ts'
import { type Command, type Input, usageError } from './command.ts'
import { runTyped, trackCalls } from './typed-code.ts'

const usageWrong = usageError('vm repl')

/** `result` is what `--exec` gave. */
type Report = { readonly result?: unknown }

/** Methods that an error names. */
const maxMethodsNamed = 20

/** Calls a service. */
export const vmRepl: Command<Report> = {
  usage: {
    name: 'vm repl',
    summary: "Call a service's methods: at a prompt, or one with --exec",
    arguments: '<host:port>',
    options: {
      user: {
        type: 'string',
        short: 'u',
        value: 'name',
        summary: 'who calls, where the service takes names for granted (debug mode)',
      },
      identity: {
        type: 'string',
        short: 'i',
        value: 'file',
        summary: 'the key that signs your calls; "stele vm identity <file>" makes one',
      },
      exec: {
        type: 'string',
        short: 'e',
        value: 'code',
        summary:
          'runs this instead of a prompt, such as "client.hello()", and prints what it gives',
      },
    },
    notes: [
      '"client" has the methods of the service. What they give is awaited',
      'Code on standard input is run as with --exec: stele vm repl localhost:5555 < calls.js',
    ],
  },
  run,
  view: ({ result }) => (result === undefined ? '' : show(result, process.stdout.isTTY === true)),
}

/** The methods of a service, each a function that calls it. */
type Client = { readonly [method: string]: (...args: readonly JsonValue[]) => Promise<JsonValue> }

async function run({ positionals, options, terminal, readInput }: Input): Promise<Report> {
  const [typed, ...more] = positionals
  if (typed === undefined) throw usageWrong('Say which service: stele vm repl localhost:5555')
  if (more.length > 0) throw usageWrong(`Too many arguments: ${more.join(' ')}`)
  const { user, exec } = options
  const identity = identityOf(options)
  const caller = typeof user === 'string' ? user : undefined
  const address = wsAddress(typed, { user: caller, command: 'vm repl' })
  const code = typeof exec === 'string' ? exec : terminal ? undefined : await readInput()
  if (code !== undefined)
    return { result: await runOnce(code, await connectRpc(address, identity)) }
  process.stdout.write(`Connecting to ${address.host}…\n`)
  const connection = await connectRpc(address, identity)
  const methods = redactLine(connection.info.methods.join(', '))
  process.stdout.write(`Connected. You can use "client" to call its methods: ${methods}\n`)
  await prompt(connection)
  return {}
}

function identityOf({ identity, user }: Input['options']): Identity | undefined {
  if (typeof identity !== 'string') return undefined
  if (user === undefined) return loadIdentity(identity)
  throw usageWrong('--identity says who calls: leave --user out')
}

function clientOf({ info, call }: Pick<RpcConnection, 'info' | 'call'>): Client {
  const methodOf = (name: string): readonly [string, Client[string]] => {
    const method: Client[string] = (...args) => call(name, args)
    return [name, Object.defineProperty(method, 'name', { value: name })]
  }
  return Object.fromEntries(info.methods.map(methodOf))
}

/** The code is the user's own, who could run any. */
async function runOnce(code: string, connection: RpcConnection): Promise<unknown> {
  const { info } = connection
  const { call, settled } = trackCalls(connection.call)
  try {
    return await runTyped(code, { names: { client: clientOf({ info, call }) }, settled })
  } catch (error) {
    throw failureOf(error, info.methods)
  } finally {
    connection.close()
  }
}

async function prompt(connection: RpcConnection): Promise<void> {
  const repl = start({ prompt: '> ', writer: (value) => show(value, repl.useColors) })
  Object.defineProperty(repl.context, 'client', {
    value: clientOf(connection),
    enumerable: true,
  })
  const ended = new Promise<void>((resolve) => void repl.once('exit', resolve))
  awaitResults(repl, ended)
  repl.setupHistory(join(homedir(), '.nodevms_history'), () => undefined) // Without one where it cannot be kept.
  process.on('unhandledRejection', (failure) => {
    // Of a call that no line waits for.
    process.stdout.write(`Uncaught ${show(failureOf(failure), repl.useColors)}\n`)
    repl.displayPrompt()
  })
  const lost = connection.closed.then(() => 'lost' as const)
  if ((await Promise.race([ended, lost])) === 'lost') {
    process.stdout.write('\nThe service closed the connection\n')
    repl.close()
  }
  connection.close()
}

/** A call is a promise: what it resolves with is shown, and errors as the service told them. */
function awaitResults(repl: REPLServer, ended: Promise<void>): void {
  let isOpen = true
  void ended.then(() => (isOpen = false))
  const evaluateNow = repl.eval
  const own: REPLServer['eval'] = function (code, context, file, done) {
    evaluateNow.call(this, code, context, file, (error, value) => {
      if (error !== null) return done(error, undefined) // At once: a line that is not complete waits for the next one.
      Promise.resolve(value).then(
        (result: unknown) => (isOpen ? done(null, result) : undefined),
        (failure: unknown) => (isOpen ? done(failureOf(failure), undefined) : undefined),
      )
    })
  }
  Object.defineProperty(repl, 'eval', { value: own })
}

function show(value: unknown, colors: boolean): string {
  if (value === null) return '' // What a method without a result gives.
  if (isSteleError(value)) return value.message
  // It escapes what drives a terminal, but not what turns the order of a line around.
  return inspect(value, { colors, depth: 10, maxStringLength: 10_000 }).replaceAll(
    /[\u2028-\u202e\u2066-\u2069]/g,
    (turn) => `\\u${turn.charCodeAt(0).toString(16)}`,
  )
}

/** What a script threw, in its words; or what is wrong with the code, and which methods there are. */
function failureOf(error: unknown, methods: readonly string[] = []): Error {
  if (error instanceof ScriptError || error instanceof RpcFailure) {
    return new SteleError('call_failed', { reason: describeFailure(error) })
  }
  if (isSteleError(error)) return error
  const reason = `Cannot run the code: ${redactLine(String(error))}`
  if (!String(error).startsWith('TypeError') || methods.length === 0) return usageWrong(reason)
  const named = redactLine(methods.slice(0, maxMethodsNamed).join(', '))
  const more = methods.length > maxMethodsNamed ? ', and more' : ''
  return usageWrong(`${reason}. The methods of the service are: ${named}${more}`)
}

/** What a limit ended is said in words; what a script threw, in its own. */
function describeFailure(error: ScriptError | RpcFailure): string {
  return error instanceof ScriptError ? describeCallError(error) : error.message
}
