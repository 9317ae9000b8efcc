// stele user add|password|remove|list [name]
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import type { AdminAsk } from '../server/admin-ask.ts'
import { askServer, serverOptions } from '../server/with-server.ts'
import { type Command, type Input, usageError } from './command.ts'

const usageWrong = usageError('user')

type Report = { readonly did: AdminAsk['do']; readonly answer: JsonValue }

/** Adds, removes and lists the users of the registry whose data folder this is. */
export const user: Command<Report> = {
  usage: {
    name: 'user',
    summary: 'Add, change, remove or list the users of a registry on this machine',
    arguments: 'add <name> | password <name> | remove <name> | list',
    options: {
      ...serverOptions,
      email: {
        type: 'string',
        value: 'address',
        summary: 'an e-mail address, kept out of the log',
      },
      password: {
        type: 'string',
        value: 'text',
        summary: 'a password, which your shell may remember; one is made where none is given',
      },
      'password-stdin': {
        type: 'boolean',
        summary: 'read the password from standard input',
      },
    },
    notes: [
      'Names of accounts stay in the public log for ever',
      '"password" gives a user a new password and leaves the tokens valid; "remove" ends both',
    ],
  },
  run: async (input) => {
    const ask = parseAsk(input, await givenPassword(input))
    return { did: ask.do, answer: await askServer(input, ask) }
  },
  view: ({ did, answer }) => {
    if (did === 'list_users') return listed(answer)
    const account = textIn(answer, 'account')
    if (did === 'remove_user')
      return `Removed the password and the tokens of "${account}"; "stele user add ${account}" gives it new ones`
    const password = textIn(answer, 'password')
    if (did === 'set_password') {
      const what = password === '' ? 'has a new password' : `has the new password ${password}`
      return `"${account}" ${what}; its tokens stay valid`
    }
    return `Added "${account}"${password === '' ? '' : ` with the password ${password}`}`
  },
}

/** The password of a flag, or the line that was piped. */
async function givenPassword({ options, readInput }: Input): Promise<string | undefined> {
  const { password } = options
  if (options['password-stdin'] !== true) {
    return typeof password === 'string' ? password : undefined
  }
  if (password !== undefined) throw usageWrong('Give --password or --password-stdin, not both')
  const piped = (await readInput()).replace(/\r?\n$/, '')
  if (piped === '') throw usageWrong('There is no password on standard input')
  return piped
}

function parseAsk({ positionals, options }: Input, password: string | undefined): AdminAsk {
  const [action, account, ...rest] = positionals
  if (rest.length > 0) throw usageWrong(`Too many arguments: ${rest.join(' ')}`)
  if (action === 'list' && account === undefined) return { do: 'list_users' }
  if (action !== 'add' && action !== 'password' && action !== 'remove') {
    throw usageWrong('Say what to do: add <name>, password <name>, remove <name> or list')
  }
  if (account === undefined) throw usageWrong(`"stele user ${action}" needs a name`)
  if (action === 'remove') return { do: 'remove_user', account }
  const given = password === undefined ? {} : { password }
  if (action === 'password') return { do: 'set_password', account, ...given }
  const { email } = options
  return {
    do: 'add_user',
    account,
    ...(typeof email === 'string' ? { email } : {}),
    ...given,
  }
}

function listed(answer: JsonValue): string {
  const users = Array.isArray(answer) ? answer.filter(isJsonObject) : []
  if (users.length === 0) return 'There are no users yet'
  return users
    .map((one) => {
      const since = new Date(Number(one['createdMs'])).toISOString().slice(0, 10)
      return `${textIn(one, 'account')}  since ${since}  ${textIn(one, 'email')}`.trimEnd()
    })
    .join('\n')
}

function textIn(value: JsonValue, name: string): string {
  const member = isJsonObject(value) ? value[name] : undefined
  return typeof member === 'string' ? member : ''
}
