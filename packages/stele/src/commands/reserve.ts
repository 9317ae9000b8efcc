// stele reserve add|remove|list [pattern] [--for account,…]
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import type { AdminAsk } from '../server/admin-ask.ts'
import { askServer, serverOptions } from '../server/with-server.ts'
import { type Command, type Input, usageError } from './command.ts'
import { confirm, yesOption } from './confirm.ts'
import { formatLosses, parseReached } from './losses.ts'

const usageWrong = usageError('reserve')

type Report = { readonly did: AdminAsk['do']; readonly answer: JsonValue }

/** Binds names and scopes to accounts, before anything is published under them. */
export const reserve: Command<Report> = {
  usage: {
    name: 'reserve',
    summary: 'Reserve names and scopes for accounts, release them, or list them',
    arguments: 'add <name> | add @<scope>/* | remove <name or scope> | list',
    options: {
      ...serverOptions,
      for: {
        type: 'string',
        value: 'account,…',
        summary:
          'add: who may use it (default: the operator); remove: whose part ends (default: all)',
      },
      'lose-missing': {
        type: 'boolean',
        summary:
          'add: also when tarballs of an upstream that were installed from here can be had nowhere',
      },
      ...yesOption,
    },
    notes: [
      'Nobody else can publish a new package under a reserved name',
      "A name that belongs to an upstream becomes this registry's own, for good: what clients lose is told before",
      'A reserved scope is asked of no upstream, until "remove" ends that',
      'Several accounts can share one: --for alice,bob, or "add" again to add somebody later; a name of an upstream goes to one account, which adds owners',
    ],
  },
  run: async (input) => {
    const ask = parseAsk(input)
    if (ask.do === 'reserve') await confirmLosses(input, ask.pattern)
    const answer = await askServer(input, ask)
    const isForOperator = ask.do === 'reserve' && ask.accounts === undefined
    if (!isForOperator || !isJsonObject(answer)) return { did: ask.do, answer }
    return { did: ask.do, answer: { ...answer, forOperator: true } }
  },
  view: ({ did, answer }) => {
    if (did === 'list_reservations') return listed(answer)
    const { pattern, accounts, entries, unasked, forOperator } = isJsonObject(answer) ? answer : {}
    const said = { did, accounts: listOf(accounts), entries: listOf(entries) }
    return [
      changed(`"${textOf(pattern)}"`, said),
      ...(listOf(unasked).length === 0 ? [] : [notAsked(textOf(pattern), listOf(unasked))]),
      ...(forOperator === true ? [operatorNote(textOf(pattern), listOf(accounts))] : []),
    ].join('\n')
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
  const did = action === 'add' ? 'reserve' : 'release'
  const { for: given } = options
  const losing = options['lose-missing'] === true ? { losesMissing: true } : {}
  if (typeof given !== 'string') return { do: did, pattern, ...losing }
  const accounts = given.split(',').map((account) => account.trim())
  if (accounts.includes('')) throw usageWrong('Give names to --for, with commas between: alice,bob')
  return { do: did, pattern, accounts, ...losing }
}

/** What clients would lose of upstreams is told before, where there is anything. */
async function confirmLosses(input: Input, pattern: string): Promise<void> {
  if (input.options['yes'] === true) return
  const reached = parseReached(await askServer(input, { do: 'find_reached', pattern }))
  if (reached.length === 0) return
  const losesMissing = input.options['lose-missing'] === true
  const [first = '', ...more] = formatLosses(pattern, reached, { losesMissing })
  await confirm(input, {
    command: 'reserve',
    question: [first, ...more.map((line) => `  ${line}`)].join('\n'),
    unattended: [first, ...more].join('. '),
    refused: () => {
      const message = `Cannot reserve "${pattern}": it was not confirmed`
      return new SteleError('rule_refused', { method: 'reserve', name: 'not_confirmed', message })
    },
  })
}

function changed(
  name: string,
  {
    did,
    accounts,
    entries,
  }: {
    readonly did: AdminAsk['do']
    readonly accounts: readonly JsonValue[]
    readonly entries: readonly JsonValue[]
  },
): string {
  const holders = accounts.map((account) => `"${textOf(account)}"`).join(', ')
  if (entries.length === 0) return `${name} is already reserved for ${holders}`
  const place = `(${entries.length === 1 ? 'entry' : 'entries'} ${entries.map(Number).join(', ')} of the log)`
  if (accounts.length === 0) return `${name} is no longer reserved ${place}`
  return `${name} is ${did === 'reserve' ? 'now' : 'still'} reserved for ${holders} ${place}`
}

/** What nobody knows: names are reserved so that no upstream hears of them. */
function notAsked(pattern: string, upstreams: readonly JsonValue[]): string {
  const who = upstreams.map((id) => `"${textOf(id)}"`).join(', ')
  const what = pattern.endsWith('/*')
    ? 'packages of this scope that are not here yet'
    : 'a package of this name'
  return `Whether ${upstreams.length === 1 ? 'the upstream' : 'one of the upstreams'} ${who} has ${what} was not asked, since a reserved name may be what it must not hear of. What it has, clients of this registry do not get any more; "stele reserve remove '${pattern}'" ends that`
}

function operatorNote(pattern: string, accounts: readonly JsonValue[]): string {
  const who = accounts.map((account) => `"${textOf(account)}"`).join(', ')
  return `Only ${who} can publish there now; "stele reserve add '${pattern}' --for <account>" lets somebody else too`
}

function listed(answer: JsonValue): string {
  const rows = Array.isArray(answer) ? answer.filter(isJsonObject) : []
  if (rows.length === 0) return 'Nothing is reserved'
  const width = Math.max(...rows.map((row) => textOf(row['pattern']).length))
  return rows
    .map((row) => {
      const accounts = listOf(row['accounts']).map(textOf).join(', ')
      return `${textOf(row['pattern']).padEnd(width)}  for ${accounts}`
    })
    .join('\n')
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
