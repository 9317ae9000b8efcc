// Reservations as the operator changes them: what the rules would refuse, or would not change, takes no place in the log.
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { AdminAsk } from './admin-ask.ts'
import type { Server } from './open-server.ts'

/** A name or a scope, and whose it is. */
export type Reserved = { readonly pattern: string; readonly account: string }

type Ask = Extract<AdminAsk, { do: 'reserve' | 'release' }>
type Ports = Pick<Server, 'registry' | 'operator' | 'reservations'>

/** Reserves or releases in the operator's name. `entry` is null where all is so already. */
export async function changeReservation(
  { registry, operator, reservations }: Ports,
  { do: method, ...request }: Ask,
): Promise<JsonValue> {
  const { pattern, account = operator } = request
  const holder = reservations().find((one) => one.pattern === pattern)?.account
  if (method === 'release') {
    if (holder === undefined) throw refused(method, `"${pattern}" is not reserved`)
    const { entry } = await registry.release(operator, { pattern })
    return { pattern, account: holder, entry }
  }
  if (!registry.hasAccount(account)) throw new SteleError('account_not_found', { account })
  if (holder === account) return { pattern, account, entry: null }
  if (holder !== undefined) {
    throw refused(method, `Cannot reserve "${pattern}": it is reserved for "${holder}"`)
  }
  const { entry } = await registry.reserve(operator, { pattern, account })
  return { pattern, account, entry }
}

function refused(method: string, message: string): SteleError {
  return new SteleError('rule_refused', { method, name: 'reservation', message })
}
