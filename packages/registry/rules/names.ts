// Names of packages: how a new one must look, and to whom a reserved one belongs.
import { accountOf, activeCaller, isOperator, requireActive } from './accounts.ts'
import { maxNameLength } from './limits.ts'
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
  const holder = holderOf(name)
  if (holder !== undefined && holder !== account) {
    throw refuse('name_reserved', `Cannot publish "${name}": the name is reserved for "${holder}"`)
  }
}

/** The account that a name is reserved for: by itself, or with its scope. */
export function holderOf(name: string): string | undefined {
  const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined
  return reservation(name) ?? (scope === undefined ? undefined : reservation(`${scope}/*`))
}

/**
 * Binds a name, or a scope as `@scope/*`, to an account before anything is published under it.
 * An account reserves single names, for itself; the operator reserves anything for anyone.
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
  const holder = reservation(pattern)
  if (holder !== undefined && holder !== account) {
    throw refuse('name_reserved', `Cannot reserve "${pattern}": it is reserved for "${holder}"`)
  }
  write('/names', segment(pattern), account)
}

/** Ends a reservation: by its holder or by the operator. What was published under it stays with its owners. */
export function release(request: unknown): void {
  const caller = activeCaller()
  const pattern = nameOf(membersOf(request, 'the request', { wanted: ['pattern'] })['pattern'])
  const holder = reservation(pattern)
  if (holder === undefined) {
    throw refuse('reservation_not_found', `Cannot release "${pattern}": it is not reserved`)
  }
  if (holder !== caller && !isOperator(caller)) {
    throw refuse('name_reserved', `Cannot release "${pattern}": it is reserved for "${holder}"`)
  }
  remove(`/names/${segment(pattern)}`)
}

function reservation(pattern: string): string | undefined {
  return read(`/names/${segment(pattern)}`)
}
