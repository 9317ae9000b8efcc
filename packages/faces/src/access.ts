// Who is asking, and whether they may write. Reads of a public registry never look at credentials.

import type { Accounts, Identity } from '@stele/accounts'
import { SteleError } from '@stele/errors'
import type { Ask } from '@stele/http/routes'
import type { Registry } from '@stele/registry'

/** What tells who asks. */
export type AccessPorts = {
  readonly accounts: Pick<Accounts, 'authenticate'>
  readonly registry: Pick<Registry, 'hasAccount' | 'join'>
}

/**
 * Lets nobody in but accounts, tokens that only read among them. Throws unauthenticated, password_wrong, rate_limited.
 */
export function createAdmit(accounts: AccessPorts['accounts']): (ask: Ask) => Promise<void> {
  return async (ask) => {
    await identify(accounts, ask)
  }
}

async function identify(accounts: AccessPorts['accounts'], ask: Ask): Promise<Identity> {
  const identity = await accounts.authenticate(ask.headers['authorization'], ask.client)
  if (identity === undefined) {
    throw new SteleError('unauthenticated', { reason: 'the request has no credentials' })
  }
  ask.notes['account'] = identity.account
  return identity
}

/** Tells who asks. */
export type Access = {
  /** Who sent valid credentials. Throws unauthenticated where there are none. */
  readonly need: (ask: Ask) => Promise<Identity>
  /** The account that may change things; it is in the log afterwards. Throws unauthenticated, token_read_only. */
  readonly needWriter: (ask: Ask) => Promise<string>
}

export function createAccess(ports: AccessPorts): Access {
  const need = (ask: Ask): Promise<Identity> => identify(ports.accounts, ask)
  return {
    need,
    needWriter: async (ask) => {
      const { account, readonly } = await need(ask)
      if (readonly) throw new SteleError('token_read_only', { account })
      await ensureJoined(ports, account)
      return account
    },
  }
}

/** Brings the account into the log, if it is not there yet: a crash right after its password was stored leaves it out. */
export async function ensureJoined(
  ports: Pick<AccessPorts, 'registry'>,
  account: string,
): Promise<void> {
  if (!ports.registry.hasAccount(account)) await ports.registry.join(account)
}
