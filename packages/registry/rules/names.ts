// Names of packages: how a new one must look, and who shares a reserved one.
import { accountOf, activeCaller, isOperator, requireActive } from './accounts.ts'
import { maxHoldersPerName, maxHoldersShown, maxNameLength } from './limits.ts'
import { membersOf, refuse, textOf } from './refuse.ts'
import { read, remove, segment, write } from './system.ts'

const newNameForm = /^(?:@[a-z0-9_-][a-z0-9._-]*\/[a-z0-9_-][a-z0-9._-]*|[a-z0-9][a-z0-9._-]*)$/
const scopePatternForm = /^@[a-z0-9_-][a-z0-9._-]*\/\*$/

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

/**
 * Binds a name, or a scope as `@scope/*`, to an account before anything is published under it: `{pattern, account?}`.
 * An account reserves single names, for itself; the operator reserves anything for anyone, and adds accounts, by name,
 * to those that share a reservation.
 */
export function reserve(request: unknown): void {
  const caller = activeCaller()
  const wanted = membersOf(request, 'the request', { wanted: ['pattern'], allowed: ['account'] })
  const pattern = nameOf(wanted['pattern'])
  const account = wanted['account'] === undefined ? caller : accountOf(wanted['account'])
  const isScope = scopePatternForm.test(pattern)
  if (!isScope && !newNameForm.test(pattern)) {
    throw refuse(
      'name_invalid',
      `Cannot reserve "${pattern}": give a package name, or a scope as "@scope/*"`,
    )
  }
  if ((isScope || account !== caller) && !isOperator(caller)) {
    throw refuse(
      'not_operator',
      `Cannot reserve "${pattern}" for "${account}": only the operator may reserve scopes, or names for other accounts`,
    )
  }
  requireActive(account)
  if (!isScope) {
    if (!isOperator(caller)) requireFreeName(pattern, caller)
    if (read(`${directoryOf(pattern)}/origin`) !== undefined) {
      throw refuse(
        'name_taken',
        `Cannot reserve "${pattern}": a package of that name exists already`,
      )
    }
  }
  share(pattern, account, { isNamed: wanted['account'] !== undefined })
}

function share(pattern: string, account: string, { isNamed }: { isNamed: boolean }): void {
  const holders = reservation(pattern)
  if (holders.includes(account)) return
  if (holders.length > 0 && !isNamed) {
    throw refuse(
      'name_reserved',
      `Cannot reserve "${pattern}": it is reserved for ${quoted(holders)}`,
    )
  }
  if (holders.length >= maxHoldersPerName) {
    throw refuse(
      'too_many_accounts',
      `Cannot reserve "${pattern}" for "${account}": ${maxHoldersPerName} accounts share it already`,
    )
  }
  setHolders(pattern, [...holders, account])
}

/**
 * Ends a reservation for one of its accounts, and wholly with the last of them: `{pattern, account?}`. An account ends
 * its own part; the operator ends any, or all where none is named. What was published under it stays with its owners.
 */
export function release(request: unknown): void {
  const caller = activeCaller()
  const wanted = membersOf(request, 'the request', { wanted: ['pattern'], allowed: ['account'] })
  const pattern = nameOf(wanted['pattern'])
  const named = wanted['account'] === undefined ? undefined : accountOf(wanted['account'])
  const account = named ?? (isOperator(caller) ? undefined : caller)
  const holders = reservation(pattern)
  if (holders.length === 0) {
    throw refuse('reservation_not_found', `Cannot release "${pattern}": it is not reserved`)
  }
  if ((account !== caller || !holders.includes(caller)) && !isOperator(caller)) {
    throw refuse(
      'name_reserved',
      `Cannot release "${pattern}": it is reserved for ${quoted(holders)}`,
    )
  }
  if (account !== undefined && !holders.includes(account)) {
    throw refuse(
      'reservation_not_found',
      `Cannot release "${pattern}" for "${account}": it is reserved for ${quoted(holders)}`,
    )
  }
  setHolders(pattern, account === undefined ? [] : holders.filter((one) => one !== account))
}

/** The accounts that share a reservation, sorted; none where there is none. */
function reservation(pattern: string): readonly string[] {
  return read(`/names/${segment(pattern)}`)?.split(' ') ?? []
}

/** Account names are ASCII without spaces: they sort alike everywhere, and a space parts them. */
function setHolders(pattern: string, accounts: readonly string[]): void {
  if (accounts.length === 0) remove(`/names/${segment(pattern)}`)
  else write('/names', segment(pattern), accounts.toSorted().join(' '))
}

function quoted(accounts: readonly string[]): string {
  const shown = accounts.slice(0, maxHoldersShown).map((account) => `"${account}"`)
  const more = accounts.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
