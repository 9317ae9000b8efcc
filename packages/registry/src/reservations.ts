// Names and scopes that belong to accounts before anything is published under them.
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
