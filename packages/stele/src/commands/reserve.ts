// stele reserve <pattern> [--for account] [--release]
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats'
import { askServer, serverOptions } from '../server/with-server.ts'
import type { Command } from './command.ts'

type Report = {
  readonly did: 'reserve' | 'release'
  readonly pattern: string
  readonly answer: JsonValue
}

/** Binds a name or a scope to an account, before anything is published under it. */
export const reserve: Command<Report> = {
  usage: {
    name: 'reserve',
    summary: 'Reserve a name or a scope for an account, or release it',
    arguments: '<name> | @<scope>/*',
    options: {
      ...serverOptions,
      for: { type: 'string', value: 'account', summary: 'the account (default: the operator)' },
      release: { type: 'boolean', summary: 'release the reservation' },
    },
    notes: ['Nobody else can publish a package under a reserved name'],
  },
  run: async (input) => {
    const [pattern, ...rest] = input.positionals
    const { for: account, release } = input.options
    if (pattern === undefined || rest.length > 0) {
      const reason = `Found ${input.positionals.length} names, wanted one`
      throw new SteleError('usage_wrong', { reason, command: 'reserve' })
    }
    const did = release === true ? 'release' : 'reserve'
    const isNamed = did === 'reserve' && typeof account === 'string'
    const ask = { do: did, pattern, ...(isNamed ? { account } : {}) } as const
    return { did, pattern, answer: await askServer(input, ask) }
  },
  view: ({ did, pattern, answer }) => {
    const entry = isJsonObject(answer) ? Number(answer['entry']) : 0
    return `${did === 'reserve' ? 'Reserved' : 'Released'} "${pattern}" (entry ${entry} of the log)`
  },
}
