// Does what an operator asks, on a server of this process.
import type { Accounts } from '@stele/accounts'
import { submitTaken } from '@stele/entries/calls'
import type { WithheldPart } from '@stele/entries/takedowns'
import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue, parseJson } from '@stele/formats/json'
import { parsePackageName, parseVersion } from '@stele/formats/names'
import type { AdminAsk, Spec } from './admin-ask.ts'
import type { Server } from './open-server.ts'
import { changeReservation, findReached } from './reservations.ts'
import { findValues, refuseInUse } from './takedown-values.ts'

/** Does what is asked. */
export async function doAdmin(server: Server, ask: AdminAsk): Promise<JsonValue> {
  switch (ask.do) {
    case 'add_user': {
      const { do: _do, ...wish } = ask
      return addUser(server, wish)
    }
    case 'set_password': {
      const { account, password } = ask
      return { ...(await server.accounts.setPassword(account, password)) }
    }
    case 'remove_user':
      server.accounts.removeUser(ask.account)
      return { account: ask.account }
    case 'list_users':
      return server.accounts.listUsers().map((user) => ({ ...user }))
    case 'list_reservations':
      return server.reservations().map((one) => ({ ...one }))
    case 'reserve':
    case 'release':
      return changeReservation(server, ask)
    case 'find_reached':
      return findReached(server, ask.pattern)
    case 'find_blob':
      return findBlob(server, ask.what)
    case 'find_values':
      return findValues(server, ask.entry)
    case 'take_down':
      return takeDown(server, ask)
    case 'find_amendment':
    case 'amend':
      return amend(server, ask)
    case 'publish':
      return toJson(await server.service.repairFolder({ replace: ask.replace }))
    case 'read_rules':
      return toJson(await server.service.readRules())
    case 'apply_rules':
      return server.service.applyRules({ body: ask.body, blobs: ask.blobs })
  }
}

async function amend(
  { amending }: Server,
  { do: what, name, version }: Extract<AdminAsk, { do: 'find_amendment' | 'amend' }>,
): Promise<JsonValue> {
  if (amending === undefined) {
    const reason = 'this registry has no upstream; give --config where its settings name one'
    throw new SteleError('amend_refused', { spec: `${name}@${version}`, reason })
  }
  const work = what === 'amend' ? amending.amend : amending.read
  return { ...(await work(parsePackageName(name), parseVersion(version))) }
}

/** Plain data, with the types that it has as JSON. */
function toJson(data: object): JsonValue {
  return parseJson(canonicalJson(data), 'the answer')
}

/** What the server's log says of a change: never a password. Undefined for what changes nothing. */
export function adminFacts(ask: AdminAsk): { readonly [name: string]: string } | undefined {
  switch (ask.do) {
    case 'list_users':
    case 'list_reservations':
    case 'find_reached':
    case 'find_blob':
    case 'find_values':
    case 'find_amendment':
    case 'read_rules':
      return undefined
    case 'add_user':
    case 'set_password':
    case 'remove_user':
      return { action: ask.do, account: ask.account }
    case 'reserve':
    case 'release':
      return { action: ask.do, pattern: ask.pattern, ...forAccounts(ask) }
    case 'amend':
      return { action: ask.do, what: `${ask.name}@${ask.version}` }
    case 'apply_rules':
    case 'publish':
      return { action: ask.do }
    case 'take_down':
      return { action: ask.do, what: takenDown(ask), reason: ask.reason }
  }
}

function takenDown({ withhold, release }: Extract<AdminAsk, { do: 'take_down' }>): string {
  if (release !== undefined) return `${release.name}@${release.version}`
  return withhold.map(wordsOf).join(', ')
}

function wordsOf(part: WithheldPart): string {
  if ('blob' in part) return `the tarball ${part.blob}`
  const of = `of entry ${part.entry}`
  if (part.part !== 'values' || part.writes === undefined) return `the ${part.part} ${of}`
  return `the values ${part.writes.join(', ')} ${of}`
}

function forAccounts({ accounts }: { readonly accounts?: readonly string[] }): {
  readonly accounts?: string
} {
  return accounts === undefined ? {} : { accounts: accounts.join(', ') }
}

/** Credentials first, then the log; where the log refuses, the credentials go again. */
async function addUser(
  server: Server,
  wish: Parameters<Accounts['addUser']>[0],
): Promise<JsonValue> {
  const added = await server.accounts.addUser(wish)
  try {
    await server.registry.join(added.account)
  } catch (error) {
    server.accounts.removeUser(added.account)
    throw error
  }
  return { ...added }
}

const specForm = /^((?:@[^/@]+\/)?[^/@]+)@(.+)$/
const integrityForm = /^sha512-([A-Za-z0-9+/]{86}==)$/
const hexForm = /^[0-9a-f]{128}$/

/** The tarball that is meant: its blob, its size, and of which version it is, where that was said. */
function findBlob(server: Server, what: string): JsonValue {
  const [, name, version] = specForm.exec(what) ?? []
  if (name !== undefined && version !== undefined) return findTarball(server, { name, version })
  const [, base64] = integrityForm.exec(what) ?? []
  const blob = base64 === undefined ? what : Buffer.from(base64, 'base64').toString('hex')
  const found = hexForm.test(blob) ? server.log.blob(blob) : undefined
  if (found === undefined) {
    throw refused(`"${what}"`, 'it names no tarball: give name@version, an integrity or an entry')
  }
  return { blob, size: found instanceof Uint8Array ? found.length : found.size }
}

function findTarball(server: Server, { name, version }: Spec): JsonValue {
  const packageName = parsePackageName(name)
  const file = `${name.replace(/^@[^/]+\//, '')}-${version}.tgz`
  const tarball = server.registry.tarball(packageName, file)
  if (tarball === undefined) throw refused(`${name}@${version}`, 'it is not in this registry')
  if (server.log.blob(tarball.sha512) === undefined) {
    const reason =
      'its bytes are not in the log: they were deleted before, or came from an upstream. Versions of upstreams are kept from clients by the setting "upstreamBlocked"'
    throw refused(`${name}@${version}`, reason)
  }
  const { sha512, size, removed } = tarball
  return removed ? { blob: sha512, size } : { blob: sha512, size, name, version }
}

function refused(what: string, reason: string): SteleError {
  return new SteleError('takedown_refused', { what, reason })
}

/** All that could refuse the takedown is asked first: a release that is removed cannot be put back. */
async function takeDown(
  server: Server,
  { withhold, reason, release }: Extract<AdminAsk, { do: 'take_down' }>,
): Promise<JsonValue> {
  const asOf = server.log.treeSize() // What is written from here on, the service looks at again.
  for (const part of withhold) refuseInUse(server, part)
  const takedown = { withhold, reason, asOf }
  if (release !== undefined) {
    await server.service.checkTakedown(takedown)
    await removeRelease(server, release)
  }
  return server.service.takeDown(takedown)
}

/** As the operator: the release is gone from its package, and "latest" moves to the highest one that is left. */
async function removeRelease(server: Server, { name, version }: Spec): Promise<void> {
  await submitTaken(server.service.submit, {
    account: server.operator,
    via: 'host',
    method: 'unpublish',
    args: [{ name, versions: [version] }],
  })
}
