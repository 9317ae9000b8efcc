// stele vm repl <host:port>, as NodeVMS's nodevms repl: calls the methods of a service, live or one of them.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type REPLServer, start } from 'node:repl'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { redactLine, SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { type Identity, loadIdentity } from '../vm/identity.ts'
import { connectRpc, type RpcConnection, RpcFailure, wsAddress } from '../vm/rpc-client.ts'
import type { Command, Input } from './command.ts'

/** `result` is what `--exec` gave. */
type Report = { readonly result?: unknown }

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
    notes: ['"client" has the methods of the service. What they give is awaited'],
  },
  run,
  view: ({ result }) => (result === undefined ? '' : show(result, process.stdout.isTTY === true)),
}

/** The methods of a service, each a function that calls it. */
type Client = { readonly [method: string]: (...args: readonly JsonValue[]) => Promise<JsonValue> }

async function run({ positionals, options }: Input): Promise<Report> {
  const [typed, ...more] = positionals
  if (typed === undefined) throw usageWrong('Say which service: stele vm repl localhost:5555')
  if (more.length > 0) throw usageWrong(`Too many arguments: ${more.join(' ')}`)
  const { user, exec } = options
  const identity = identityOf(options)
  const address = wsAddress(typed, typeof user === 'string' ? user : undefined)
  if (typeof exec === 'string') {
    const connection = await connectRpc(address, identity)
    try {
      const result: unknown = await evaluate(exec, clientOf(connection))
      return { result }
    } catch (error) {
      throw failureOf(error)
    } finally {
      connection.close()
    }
  }
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

function clientOf({ info, call }: RpcConnection): Client {
  return Object.fromEntries(
    info.methods.map((name) => [name, (...args: readonly JsonValue[]) => call(name, args)]),
  )
}

/** The code is the user's own, who could run any. */
async function evaluate(code: string, client: Client): Promise<unknown> {
  const context = createContext({ client, console, Buffer })
  return (await runInContext(code, context, { filename: '--exec' })) as unknown
}

async function prompt(connection: RpcConnection): Promise<void> {
  const repl = start({ prompt: '> ', writer: (value) => show(value, repl.useColors) })
  Object.defineProperty(repl.context, 'client', {
    value: clientOf(connection),
    enumerable: true,
  })
  awaitResults(repl)
  repl.setupHistory(join(homedir(), '.nodevms_history'), () => undefined) // Without one where it cannot be kept.
  const ended = new Promise<void>((resolve) => void repl.once('exit', resolve))
  const lost = connection.closed.then(() => 'lost' as const)
  if ((await Promise.race([ended, lost])) === 'lost') {
    process.stdout.write('\nThe service closed the connection\n')
    repl.close()
  }
  connection.close()
}

/** A call is a promise: what it resolves with is shown, and errors as the service told them. */
function awaitResults(repl: REPLServer): void {
  const evaluateNow = repl.eval
  const own: REPLServer['eval'] = function (code, context, file, done) {
    evaluateNow.call(this, code, context, file, (error, value) => {
      Promise.resolve(value).then(
        (result: unknown) => done(error === null ? null : error, result),
        (failure: unknown) => done(failureOf(failure), undefined),
      )
    })
  }
  Object.defineProperty(repl, 'eval', { value: own })
}

function show(value: unknown, colors: boolean): string {
  if (value === null) return '' // What a method without a result gives.
  // It escapes what drives a terminal, but not what turns the order of a line around.
  return inspect(value, { colors, depth: 10, maxStringLength: 10_000 }).replaceAll(
    /[\u2028-\u202e\u2066-\u2069]/g,
    (turn) => `\\u${turn.charCodeAt(0).toString(16)}`,
  )
}

/** What a script threw, in its words. */
function failureOf(error: unknown): Error {
  if (error instanceof RpcFailure) {
    const { code, message, data } = error
    return new SteleError('call_failed', {
      name: message,
      message: typeof data === 'string' ? data : data === undefined ? '' : JSON.stringify(data),
      code,
    })
  }
  if (error instanceof SteleError) return error
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new SteleError('usage_wrong', {
    reason: `Cannot run the code: ${reason}`,
    command: 'vm repl',
  })
}

function usageWrong(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'vm repl' })
}
