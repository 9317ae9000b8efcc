// Other words for commands: those that npm's users have in their fingers, and beginnings that only one command has.
import { SteleError } from '@stele/errors'

/** Commands by their other words. */
export const aliases: { readonly [word: string]: string } = {
  i: 'install',
  in: 'install',
  ins: 'install',
  isntall: 'install',
  a: 'add',
  r: 'remove',
  rm: 'remove',
  un: 'remove',
  uninstall: 'remove',
  unlink: 'remove',
  up: 'update',
  upgrade: 'update',
  udpate: 'update',
  list: 'ls',
  explain: 'why',
  ddp: 'dedupe',
  'clean-install': 'ci',
  'install-clean': 'ci',
  create: 'init',
  innit: 'init',
}

/** The command that was meant, the word itself where none was. Throws usage_wrong where it is the beginning of several. */
export function fullName(typed: string, names: readonly string[]): string {
  if (names.includes(typed) || typed === '') return typed
  const alias = Object.hasOwn(aliases, typed) ? aliases[typed] : undefined
  if (alias !== undefined) return alias
  const begun = names.filter((name) => name.startsWith(typed) && !name.includes(' '))
  const [only, ...others] = begun
  if (only === undefined) return typed
  if (others.length === 0) return only
  const reason = `"${typed}" is the beginning of ${begun.map((name) => `"${name}"`).join(' and ')}`
  throw new SteleError('usage_wrong', { reason, command: '' })
}
