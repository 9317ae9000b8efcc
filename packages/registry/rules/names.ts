// Names of packages: how a new one must look, and who shares a reserved one.
import { maxHoldersShown, maxNameLength } from './limits.ts'
import { refuse, textOf } from './refuse.ts'
import { read, segment } from './system.ts'

const newNameForm = /^(?:@[a-z0-9_-][a-z0-9._-]*\/[a-z0-9_-][a-z0-9._-]*|[a-z0-9][a-z0-9._-]*)$/

// Names that Node's own modules, folders and browsers' requests would shadow.
const takenNames = `node_modules favicon.ico
  assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
  events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
  stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib`.split(
  /\s+/,
)

/** The directory of a package's files. */
export function directoryOf(name: string): string {
  return `/packages/${segment(name)}`
}

/** Any name that a package may have; the rules for new names are stricter. */
export function nameOf(value: unknown): string {
  const name = textOf(value, 'the name', maxNameLength)
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
    throw refuse(
      'name_invalid',
      'Cannot use a package name that is empty, "." or "..", or that contains a NUL character',
    )
  }
  return name
}

/** True for a name that a new package may have. */
export function isNewName(name: string): boolean {
  return newNameForm.test(name)
}

/** Refuses a new package's name: its form, and whom it is reserved for. */
export function requireFreeName(name: string, account: string): void {
  if (!newNameForm.test(name) || takenNames.includes(name)) {
    throw refuse(
      'name_invalid',
      `Cannot use the name "${name}" for a new package: use lower-case letters, digits, ".", "_" and "-", and no name of a built-in module`,
    )
  }
  const holders = holdersOf(name)
  if (holders.length > 0 && !holders.includes(account)) {
    throw refuse(
      'name_reserved',
      `Cannot publish "${name}": the name is reserved for ${quoted(holders)}`,
    )
  }
}

/** The accounts that a name is reserved for: by itself, or else with its scope. */
export function holdersOf(name: string): readonly string[] {
  const own = reservation(name)
  if (own.length > 0 || !name.startsWith('@')) return own
  return reservation(`${name.slice(0, name.indexOf('/'))}/*`)
}

/** The accounts that share the reservation of a name or a scope, sorted; none where there is none. */
export function reservation(pattern: string): readonly string[] {
  return read(`/names/${segment(pattern)}`)?.split(' ') ?? []
}

/** The first few of them, in quotes. */
export function quoted(accounts: readonly string[]): string {
  const shown = accounts.slice(0, maxHoldersShown).map((account) => `"${account}"`)
  const more = accounts.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
