// Log-in and sign-up as npm's legacy form sends them, the user document, log-out (npm-wire A1, A2, A4, D5).

import type { IssuedToken } from '@stele/accounts'
import { isSteleError, SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import {
  type Ask,
  type Draft,
  jsonDraft,
  ownDraft,
  type Params,
  type Route,
  textMember,
} from '@stele/http/routes'
import { type Access, ensureJoined } from '../access.ts'
import { maxLogInBytes } from '../limits.ts'
import { signUpDecision } from '../sign-up.ts'
import type { NpmPorts } from './ports.ts'

type Ports = Pick<NpmPorts, 'registry' | 'accounts' | 'signUp'>

const userPrefix = 'org.couchdb.user:'

export function userRoutes(ports: Ports, access: Access): Route[] {
  return [
    {
      method: 'GET',
      path: '/-/user/:id',
      answer: (ask, params) => showUser(ask, params, { ports, access }),
    },
    {
      method: 'PUT',
      path: '/-/user/:id',
      isOpen: true, // Who logs in has nothing else to show yet.
      answer: (ask, params) => enter(ask, accountOf(params), ports),
    },
    {
      method: 'PUT',
      path: '/-/user/:id/-rev/:rev',
      isOpen: true,
      answer: (ask, params) => enter(ask, accountOf(params), ports),
    },
    {
      method: 'DELETE',
      path: '/-/user/token/:token',
      answer: async (ask, params) => {
        ports.accounts.revokeToken(await access.need(ask), params('token'))
        return ownDraft(200, { ok: true })
      },
    },
    {
      method: 'POST',
      path: '/-/v1/login',
      isOpen: true,
      // A 404: on anything else pnpm does not fall back to the legacy form (A2).
      answer: () => {
        throw new SteleError('not_offered', { what: 'log in through a browser' })
      },
    },
  ]
}

/**
 * PUT -/user/org.couchdb.user:{name}: logs in whoever exists, with the right password, at once (201, never 409: then
 * npm need not come back with Basic); makes the account where strangers may.
 */
async function enter(ask: Ask, account: string, ports: Ports): Promise<Draft> {
  const body = await ask.object({ bytes: maxLogInBytes })
  const said = textMember(body, 'name')
  if (said !== undefined && said !== account) {
    throw new SteleError('request_invalid', {
      what: '"name" of the request body',
      reason: `it is ${JSON.stringify(said.slice(0, 64))}, and the address says "${account}"`,
    })
  }
  const password = passwordOf(ask, body)
  const email = textMember(body, 'email')
  const claim = { account, password, address: ask.client, ...(email ? { email } : {}) }
  const issued = await logInOrSignUp(ask, claim, ports)
  ask.notes['account'] = account
  // After the credentials are stored. A crash before this line is mended by the next log-in or write.
  await ensureJoined(ports, account)
  return ownDraft(201, {
    ok: true,
    id: `${userPrefix}${account}`,
    rev: '1-0',
    token: issued.token,
    key: issued.info.key,
  })
}

type Claim = {
  readonly account: string
  readonly password: string
  readonly address: string
  readonly email?: string
}

async function logInOrSignUp(ask: Ask, claim: Claim, ports: Ports): Promise<IssuedToken> {
  const { accounts, registry } = ports
  const decision = signUpDecision(ask, ports.signUp)
  // A name that the log knows but nobody here has credentials for is the operator's to give back, not a stranger's to take.
  const isFree = !accounts.has(claim.account) && !registry.hasAccount(claim.account)
  if (decision.allowed && isFree) return accounts.signUp(claim)
  try {
    return await accounts.logIn(claim)
  } catch (error) {
    // The answer is the same for an unknown name and for a wrong password.
    if (decision.allowed || !isSteleError(error, 'password_wrong')) throw error
    const { reason } = decision
    const options = { cause: error }
    // Only "npm adduser" sends an address; "npm login" may be meant to sign up too.
    if (claim.email !== undefined) throw new SteleError('sign_up_closed', { reason }, options)
    throw new SteleError('password_wrong', { account: claim.account, signUp: reason }, options)
  }
}

/** The password of the body, or of Basic credentials, as npm's second step after a 409 sends them. */
function passwordOf(ask: Ask, body: JsonObject): string {
  const password = textMember(body, 'password')
  if (password !== undefined) return password
  const [, basic] =
    /^basic +([A-Za-z0-9+/=]{1,2000})$/i.exec(ask.headers['authorization'] ?? '') ?? []
  const text = Buffer.from(basic ?? '', 'base64').toString('utf8')
  if (!text.includes(':')) {
    const reason = 'it has no "password"'
    throw new SteleError('request_invalid', { what: 'the request body', reason })
  }
  return text.slice(text.indexOf(':') + 1)
}

/** GET -/user/org.couchdb.user:{name}: name and address of an account of the log; the address for its owner alone (D5). */
async function showUser(
  ask: Ask,
  params: Params,
  { ports, access }: { readonly ports: Ports; readonly access: Access },
): Promise<Draft> {
  const account = accountOf(params)
  if (!ports.registry.hasAccount(account)) {
    throw new SteleError('account_not_found', { account })
  }
  const hasCredentials = ask.headers['authorization'] !== undefined
  const asker = hasCredentials ? (await access.need(ask)).account : undefined
  // npm sends what it gets here back as an owner: both members must be there (D5).
  const email = asker === account ? (ports.accounts.profile(account).email ?? '') : ''
  const user = { _id: `${userPrefix}${account}`, _rev: '1-0', name: account, email }
  return jsonDraft(200, { ...user, type: 'user', roles: [] }, ownHeaders)
}

const ownHeaders = { 'cache-control': 'private, no-store', vary: 'Authorization' }

function accountOf(params: Params): string {
  const id = params('id')
  if (id.startsWith(userPrefix)) return id.slice(userPrefix.length)
  throw new SteleError('not_found', { what: `"${id.slice(0, 64)}"` })
}
