// Who publishes through mnpm's own port: on a machine that keeps the registry to itself nobody has to say so.
import { SteleError } from '@stele/errors'
import type { Ask } from '@stele/http/routes'
import { createAccess, ensureJoined } from '../access.ts'
import { signUpDecision } from '../sign-up.ts'
import type { MnpmPorts } from './ports.ts'

/** The account of everyone who names none. */
const sharedAccount = 'mnpm'

type Ports = Pick<MnpmPorts, 'registry' | 'accounts' | 'signUp'>

/**
 * The account of whoever sends credentials; `mnpm` for the others, where anyone may sign up and the request is of this very
 * machine. Throws unauthenticated, token_read_only.
 */
export function sharedWriter(ports: Ports): (ask: Ask) => Promise<string> {
  const { needWriter } = createAccess(ports)
  return async (ask) => {
    if (ask.headers['authorization'] !== undefined) return needWriter(ask)
    const { signUp } = ports.signUp
    // Sign-up that is open to the world makes accounts, each with a password: it does not make everybody one.
    const settings = { ...ports.signUp, signUp: signUp === 'open' ? ('auto' as const) : signUp }
    const decision = signUpDecision(ask, settings)
    if (!decision.allowed) {
      const reason = `the request has no credentials, and sign-up is not open to it: ${decision.reason}`
      throw new SteleError('unauthenticated', { reason })
    }
    await join(ports)
    ask.notes['account'] = sharedAccount
    return sharedAccount
  }
}

/** A name that the log knows, and nobody here, is the operator's to give back. */
async function join({ accounts, registry }: Ports): Promise<void> {
  const isLost = !accounts.has(sharedAccount) && registry.hasAccount(sharedAccount)
  if (isLost || !accounts.share(sharedAccount)) {
    const reason = `the request has no credentials, and "${sharedAccount}" is an account of somebody`
    throw new SteleError('unauthenticated', { reason })
  }
  await ensureJoined({ registry }, sharedAccount)
}
