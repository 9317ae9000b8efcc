// Names and scopes that belong to accounts before anything is published under them.
import type { StateReader } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { readHolders } from '@stele/releases/observed'
import { maxNamesShown } from './limits.ts'
import type { RegistryPorts } from './ports.ts'
import { type RuleCall, submitRule } from './rule-calls.ts'

/**
 * A name, or a scope as `@scope/*`, and the account that is to share it or no longer; the caller when absent, or all
 * where the operator releases.
 */
export type Reservation = { readonly pattern: string; readonly account?: string }

/** The entry of the log that holds a change. */
export type Logged = { readonly entry: number }

/** Reserves or releases in the name of an account. Throws name_invalid, rule_refused. */
export async function changeReservation(
  { submit }: Pick<RegistryPorts, 'submit'>,
  {
    account,
    via,
    method,
    request,
  }: Pick<RuleCall, 'account' | 'via'> & {
    readonly method: 'reserve' | 'release'
    readonly request: Reservation
  },
): Promise<Logged> {
  const subject = { name: request.pattern }
  const answer = await submitRule(submit, { account, via, method, request, subject })
  return { entry: answer.index }
}

/** Refuses, as the rules would, a new package under a name or a scope that is reserved for others. Throws rule_refused. */
export function requireUnreserved(
  state: StateReader,
  { account, name }: { readonly account: string; readonly name: PackageName },
): void {
  const holders = readHolders(state, name)
  if (holders.length === 0 || holders.includes(account)) return
  const shown = holders.slice(0, maxNamesShown).map((holder) => `"${holder}"`)
  const more = holders.length > shown.length ? ' and others' : ''
  const message = `Cannot publish "${name}": the name is reserved for ${shown.join(', ')}${more}`
  throw new SteleError('rule_refused', { method: 'publish', name: 'name_reserved', message })
}
