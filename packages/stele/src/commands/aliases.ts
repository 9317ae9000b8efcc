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
  up: 'update',
  upgrade: 'update',
  udpate: 'update',
  ln: 'link',
  list: 'ls',
  explain: 'why',
  ddp: 'dedupe',
  c: 'config',
  'clean-install': 'ci',
  'install-clean': 'ci',
  create: 'init',
  innit: 'init',
  'run-script': 'run',
  x: 'exec',
  rb: 'rebuild',
  'approve-builds': 'approve',
  'approve-scripts': 'approve',
  rum: 'run',
  urn: 'run',
  t: 'test',
  tst: 'test',
}

/** Commands of npm about a registry or a package of one's own, which Stele leaves to it. */
export const commandsOfNpm: ReadonlySet<string> = new Set(
  `access adduser audit deprecate diff dist-tag docs fund info login logout org owner pack ping pkg profile publish query repo sbom
  search show star stars team token undeprecate unpublish view whoami`.split(/\s+/),
)

/** Commands of npm that are called otherwise here. */
export const otherWays: { readonly [word: string]: string } = {
  cache: '"stele store verify" and "stele store prune" are about what is kept on this machine',
  get: '"stele config get" does that',
  set: '"stele config set" does that',
  shrinkwrap: 'stele.lock is what all installations go by, and "stele install" writes it',
  version: '"stele --version" tells the version, "npm version" changes that of package.json',
}

/** The command that was meant, the word itself where none was. Throws usage_wrong where it is the beginning of several. */
export function fullName(typed: string, names: readonly string[]): string {
  if (names.includes(typed) || typed === '') return typed
  const alias = Object.hasOwn(aliases, typed) ? aliases[typed] : undefined
  if (alias !== undefined) return alias
  const begun = names.filter((name) => name.startsWith(typed) && !name.includes(' '))
  const [first, ...others] = begun.toSorted((one, other) => one.length - other.length)
  if (first === undefined) return typed
  // "why" is not in doubt because there is "why-local".
  if (others.every((each) => each.startsWith(`${first}-`))) return first
  const reason = `"${typed}" is the beginning of ${begun.map((name) => `"${name}"`).join(' and ')}`
  throw new SteleError('usage_wrong', { reason, command: '' })
}
