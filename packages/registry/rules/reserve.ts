// Reservations: names and scopes that belong to accounts before anything is published under them.
import { accountOf, activeCaller, isOperator, requireActive } from './accounts.ts'
import { maxHoldersPerName } from './limits.ts'
import { directoryOf, isNewName, nameOf, quoted, requireFreeName, reservation } from './names.ts'
import { membersOf, refuse } from './refuse.ts'
import { list, read, remove, segment, write } from './system.ts'
import { highest } from './versions.ts'

const scopePatternForm = /^@[a-z0-9_-][a-z0-9._-]*\/\*$/

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
  if (!isScope && !isNewName(pattern)) {
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
    const origin = read(`${directoryOf(pattern)}/origin`)
    if (origin !== undefined && (origin === 'hosted' || !isOperator(caller))) {
      throw refuse(
        'name_taken',
        `Cannot reserve "${pattern}": a package of that name exists already`,
      )
    }
    if (origin !== undefined) rehome(directoryOf(pattern), account)
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

/**
 * A package of an upstream becomes this registry's own. What was chosen of it stays, and is never published again; nothing
 * new comes from the upstream.
 */
function rehome(directory: string, owner: string): void {
  write(directory, 'origin', 'hosted')
  write(`${directory}/owners`, owner, 'owner')
  const latest = highest(list(`${directory}/versions`))
  if (latest !== undefined) write(`${directory}/tags`, 'latest', latest)
}

/** Account names are ASCII without spaces: they sort alike everywhere, and a space parts them. */
function setHolders(pattern: string, accounts: readonly string[]): void {
  if (accounts.length === 0) remove(`/names/${segment(pattern)}`)
  else write('/names', segment(pattern), accounts.toSorted().join(' '))
}
