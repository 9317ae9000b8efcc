// Reservations as the operator changes them: what the rules would refuse, or would not change, takes no place in the log.
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { checkNewPackageName, parsePackageName } from '@stele/formats/names'
import type { Registry } from '@stele/registry'
import type { MissingTarball, Reached } from '../services/registry/reached.ts'
import type { AdminAsk } from './admin-ask.ts'

/** A name or a scope, and who shares it: never nobody. */
export type Reserved = { readonly pattern: string; readonly accounts: readonly string[] }

type Ask = Extract<AdminAsk, { do: 'reserve' | 'release' }>
type Ports = {
  readonly registry: Pick<Registry, 'hasAccount' | 'reserve' | 'release'>
  readonly operator: string
  readonly reservations: () => readonly Reserved[]
  readonly reached: Reached
  readonly upstreams: readonly { readonly id: string }[]
}

/**
 * Reserves or releases in the operator's name: an entry of the log for each account that this changes something for.
 * Gives who shares it then, and the entries; none where all was so already. `unasked`: the upstreams of which nobody knows whether
 * they have such a package.
 */
export async function changeReservation(ports: Ports, ask: Ask): Promise<JsonValue> {
  const known = ask.do === 'reserve' && ports.reached.isKnown(ask.pattern)
  const found = ports.reservations().find((one) => one.pattern === ask.pattern)
  const holders = found?.accounts ?? []
  const entries = await (ask.do === 'reserve' ? share : release)(ports, ask, holders)
  const left = ports.reservations().find((one) => one.pattern === ask.pattern)
  const isNews = ask.do === 'reserve' && !known && entries.length > 0
  const unasked = isNews ? ports.upstreams.map(({ id }) => id) : []
  return { pattern: ask.pattern, accounts: left?.accounts ?? [], entries, unasked }
}

/**
 * What reserving it takes from clients; nothing where it is reserved already. Throws name_invalid.
 */
export async function findReached(
  { reached, reservations }: Pick<Ports, 'reached' | 'reservations'>,
  pattern: string,
): Promise<JsonValue> {
  refusePattern(pattern)
  if (reservations().some((one) => one.pattern === pattern)) return []
  return (await reached.find(pattern)).map((one) => ({ ...one }))
}

async function share(
  { registry, operator, reached }: Ports,
  { do: method, pattern, accounts: named, losesMissing = false }: Ask,
  holders: readonly string[],
): Promise<readonly number[]> {
  refusePattern(pattern)
  const accounts = named ?? [operator]
  if (named === undefined && holders.length > 0 && !holders.includes(operator)) {
    throw refused(
      method,
      `Cannot reserve "${pattern}": it is reserved for ${quoted(holders)}; --for <account> adds somebody`,
    )
  }
  for (const account of accounts) {
    if (!registry.hasAccount(account)) throw new SteleError('account_not_found', { account })
  }
  const added = [...new Set(accounts)].filter((account) => !holders.includes(account))
  refuseSeveral(pattern, added, reached.upstreamOf(pattern))
  if (added.length > 0) {
    const missing = await reached.fetchMissing(pattern) // Afterwards nobody can be asked for them.
    if (!losesMissing) refuseLoss(pattern, missing)
  }
  const entries: number[] = []
  for (const account of added) {
    const { entry } = await registry.reserve(operator, { pattern, account })
    entries.push(entry)
  }
  return entries
}

/** Throws where a package of an upstream would be several accounts': the first one's step makes it hosted, and ends the others'. */
function refuseSeveral(
  pattern: string,
  [first, ...others]: readonly string[],
  upstream: string | undefined,
): void {
  const [second] = others
  if (second === undefined || upstream === undefined) return
  const message = `Cannot reserve "${pattern}" for several accounts: it belongs to the upstream "${upstream}", and becomes the package of one account. Reserve it with --for ${first}, who then adds the other owners: "npm owner add ${second} ${pattern}"`
  throw new SteleError('rule_refused', { method: 'reserve', name: 'several_accounts', message })
}

function refuseLoss(pattern: string, missing: readonly MissingTarball[]): void {
  const [first, ...more] = missing
  if (first === undefined) return
  const { version, reason } = first
  const which = more.length === 0 ? version : `${version} and ${more.length} more`
  const message = `Cannot reserve "${pattern}": the tarballs of versions that were installed from here could not be fetched (${which}: ${reason}), and afterwards nobody is asked for them. Try again later, or say --lose-missing: nobody can install these versions then, for good`
  throw new SteleError('rule_refused', { method: 'reserve', name: 'tarballs_missing', message })
}

async function release(
  { registry, operator, reservations }: Ports,
  { do: method, pattern, accounts }: Ask,
  holders: readonly string[],
): Promise<readonly number[]> {
  if (holders.length === 0) throw refused(method, notReserved(reservations(), pattern))
  const stranger = accounts?.find((account) => !holders.includes(account))
  if (stranger !== undefined) {
    throw refused(
      method,
      `"${pattern}" is not reserved for "${stranger}", but for ${quoted(holders)}`,
    )
  }
  if (accounts === undefined) return [(await registry.release(operator, { pattern })).entry]
  const entries: number[] = []
  for (const account of new Set(accounts)) {
    const { entry } = await registry.release(operator, { pattern, account })
    entries.push(entry)
  }
  return entries
}

const scopePattern = /^@([^/*]+)\/\*$/

/** Throws name_invalid for what the rules would refuse too, but only in an entry of the log. */
function refusePattern(pattern: string): void {
  const [, scope] = scopePattern.exec(pattern) ?? []
  if (scope === undefined && /^@[^/]+\/?$/.test(pattern)) {
    const reason = `a scope is reserved as "${pattern.replace(/\/$/, '')}/*"`
    throw new SteleError('name_invalid', { name: pattern, reason })
  }
  checkNewPackageName(parsePackageName(scope === undefined ? pattern : `@${scope}/x`))
}

function notReserved(reservations: readonly Reserved[], pattern: string): string {
  const bare = (one: string): string => one.replace(/^@/, '').replace(/\/\*?$/, '')
  const near = reservations.find((one) => bare(one.pattern) === bare(pattern))
  const hint =
    near === undefined
      ? '; "stele reserve list" shows what is'
      : `; did you mean "${near.pattern}"?`
  return `"${pattern}" is not reserved${hint}`
}

function quoted(accounts: readonly string[]): string {
  return accounts.map((account) => `"${account}"`).join(', ')
}

function refused(method: string, message: string): SteleError {
  return new SteleError('rule_refused', { method, name: 'reservation', message })
}
