// stele vm identity <file>: makes the key that signs a person's calls, or says whose key a file holds.
import { existsSync } from 'node:fs'
import { createIdentity, loadIdentity } from '../rpc/identity.ts'
import { type Command, type Input, usageError } from './command.ts'

const usageWrong = usageError('vm identity')

type Report = { readonly account: string; readonly file: string; readonly made: boolean }

/** Makes and names identities. */
export const vmIdentity: Command<Report> = {
  usage: {
    name: 'vm identity',
    summary: 'Make a key that signs your calls, and print the account that it is',
    arguments: '<file>',
    options: {},
    notes: [
      'A file that is there is left as it is: its account is printed. Nothing of the key ever is',
      'Whoever has the file can call in your name; if it is lost, so is the account',
      'Call with it: stele vm repl <host:port> --identity <file>',
    ],
  },
  run: async ({ positionals }: Input) => {
    const [file, ...more] = positionals
    if (file === undefined) throw usageWrong('Say where: stele vm identity my.key')
    if (more.length > 0) throw usageWrong(`Too many arguments: ${more.join(' ')}`)
    const made = !existsSync(file)
    const { account } = made ? createIdentity(file) : loadIdentity(file)
    return { account, file, made }
  },
  view: ({ account }) => account,
}
