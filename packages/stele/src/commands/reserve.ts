// stele reserve add|remove|list [pattern] [--for account]
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import type { AdminAsk } from '../server/admin-ask.ts'
import { askServer, serverOptions } from '../server/with-server.ts'
import type { Command, Input } from './command.ts'

type Report = { readonly did: AdminAsk['do']; readonly answer: JsonValue }

/** Binds names and scopes to accounts, before anything is published under them. */
export const reserve: Command<Report> = {
  usage: {
    name: 'reserve',
    summary: 'Reserve names and scopes for accounts, release them, or list them',
    arguments: 'add <name> | add @<scope>/* | remove <name or scope> | list',
    options: {
      ...serverOptions,
      for: { type: 'string', value: 'account', summary: 'the account (default: the operator)' },
    },
    notes: ['Nobody else can publish a package under a reserved name'],
  },
  run: async (input) => {
    const ask = parseAsk(input)
    return { did: ask.do, answer: await askServer(input, ask) }
  },
  view: ({ did, answer }) => {
    if (did === 'list_reservations') return listed(answer)
    const { pattern, account, entry } = isJsonObject(answer) ? answer : {}
    if (entry === null) return `"${textOf(pattern)}" is already reserved for "${textOf(account)}"`
    const done = did === 'reserve' ? 'Reserved' : 'Released'
    return `${done} "${textOf(pattern)}", ${did === 'reserve' ? 'for' : 'which was for'} "${textOf(account)}" (entry ${Number(entry)} of the log)`
  },
}

function parseAsk({ positionals, options }: Input): AdminAsk {
  const [action, pattern, ...rest] = positionals
  if (rest.length > 0) throw usageWrong(`Too many arguments: ${rest.join(' ')}`)
  if (action === 'list' && pattern === undefined) return { do: 'list_reservations' }
  if (action !== 'add' && action !== 'remove') {
    throw usageWrong('Say what to do: add <name>, remove <name> or list')
  }
  if (pattern === undefined) throw usageWrong(`"stele reserve ${action}" needs a name or a scope`)
  if (action === 'remove') return { do: 'release', pattern }
  const account = options['for']
  return { do: 'reserve', pattern, ...(typeof account === 'string' ? { account } : {}) }
}

function listed(answer: JsonValue): string {
  const rows = Array.isArray(answer) ? answer.filter(isJsonObject) : []
  if (rows.length === 0) return 'Nothing is reserved'
  const width = Math.max(...rows.map((row) => textOf(row['pattern']).length))
  return rows
    .map((row) => `${textOf(row['pattern']).padEnd(width)}  for ${textOf(row['account'])}`)
    .join('\n')
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function usageWrong(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'reserve' })
}
