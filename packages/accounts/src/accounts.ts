// Who may act here: sign-up, log-in, tokens, and what the operator does with users. All of it local, none of it in the log.
import { SteleError } from '@stele/errors'
import { parseAccountName } from '@stele/formats/names'
import { clientKey } from '@stele/formats/networks'
import type { AccountStore, UserRow } from './account-store.ts'
import { parseAuthorization } from './authorization.ts'
import { formatBase62 } from './base62.ts'
import { defaultRateLimits, maxEmailLength, type RateLimits } from './limits.ts'
import { checkNewPassword, defaultPasswordCost, type PasswordCost } from './password.ts'
import { createPasswordCheck, type PasswordCheck, type PasswordClaim } from './password-check.ts'
import { createRateLimiter } from './rate-limit.ts'
import {
  createTokens,
  type IssuedToken,
  type TokenInfo,
  type Tokens,
  type TokenWish,
} from './tokens.ts'

/** Who is asking. `tokenKey` is absent when a password said so. */
export type Identity = {
  readonly account: string
  readonly tokenKey?: string
  /** May change nothing. */
  readonly readonly: boolean
}

/** What an account's owner sees of it. Times in milliseconds since 1970. */
export type Profile = {
  readonly account: string
  readonly email: string | null
  readonly createdMs: number
  readonly updatedMs: number
}

/** What the operator gets back after adding a user: the secret that was made, if one was. */
export type AddedUser = {
  readonly account: string
  readonly password?: string
  readonly token?: string
}

/** What may be set; the rest has defaults. */
export type AccountSettings = {
  readonly passwordCost?: PasswordCost
  readonly rateLimits?: Partial<RateLimits>
}

/** Users, passwords and tokens. `address` is always the client's IP address, for the rate limits. */
export type Accounts = {
  /** True for a user who is there and not removed. */
  readonly has: (account: string) => boolean
  /**
   * Stores a new user and gives a first token. The caller has asked the policy, and joins the account to the log after.
   * Throws account_exists, account_invalid, password_invalid, email_invalid, rate_limited.
   */
  readonly signUp: (claim: PasswordClaim & { readonly email?: string }) => Promise<IssuedToken>
  /** A new token for whoever knows the password. Throws password_wrong, rate_limited, tokens_full. */
  readonly logIn: (claim: PasswordClaim) => Promise<IssuedToken>
  /**
   * Who an Authorization header stands for; undefined when there is none.
   * Throws unauthenticated, password_wrong, rate_limited: a bad header is never taken for none.
   */
  readonly authenticate: (
    header: string | undefined,
    address: string,
  ) => Promise<Identity | undefined>
  /** Silent when the password is right. Throws password_wrong, rate_limited. */
  readonly verifyPassword: (claim: PasswordClaim) => Promise<void>
  /** Throws token_invalid, rate_limited, tokens_full. */
  readonly createToken: (wish: TokenWish, address: string) => IssuedToken
  /** Oldest first, expired ones left out. */
  readonly listTokens: (account: string) => readonly TokenInfo[]
  /** By its key or its text; a token that may only read revokes none but itself. Throws token_not_found, token_read_only. */
  readonly revokeToken: (who: Identity, keyOrText: string) => void
  /** Throws account_not_found. */
  readonly profile: (account: string) => Profile
  /** `null` forgets the address. Throws account_not_found, email_invalid. */
  readonly setEmail: (account: string, email: string | null) => void
  /** Throws password_wrong, password_invalid, rate_limited. All tokens stay. */
  readonly changePassword: (claim: PasswordClaim, newPassword: string) => Promise<void>
  /**
   * The operator's: adds a user, or brings a removed one back. Makes a password, or a token where `secret` says so,
   * when none is given. Throws account_exists, account_invalid, password_invalid, email_invalid.
   */
  readonly addUser: (wish: {
    readonly account: string
    readonly email?: string
    readonly password?: string
    readonly secret?: 'password' | 'token'
  }) => Promise<AddedUser>
  /**
   * True for an account that no password and no token opens, made when there is none of the name: whoever may use it is for
   * others to decide. False for one that is somebody's, or was.
   */
  readonly share: (account: string) => boolean
  /** The operator's: a new password, made when none is given. All tokens stay. Throws account_not_found, password_invalid. */
  readonly setPassword: (account: string, password?: string) => Promise<AddedUser>
  /** The operator's: drops password, e-mail and tokens. The name stays taken. Throws account_not_found. */
  readonly removeUser: (account: string) => void
  /** The operator's: users who are not removed, by name. */
  readonly listUsers: () => readonly Profile[]
}

/** Accounts over a store. `random` gives that many random bytes; `now` milliseconds since 1970. */
export function createAccounts(ports: {
  readonly store: AccountStore
  readonly now: () => number
  readonly random: (size: number) => Uint8Array
  readonly settings?: AccountSettings
}): Accounts {
  const { store, now, random, settings = {} } = ports
  const limits: RateLimits = { ...defaultRateLimits, ...settings.rateLimits }
  const cost = settings.passwordCost ?? defaultPasswordCost
  const passwords = createPasswordCheck({ store, now, random, cost, limits })
  const tokens = createTokens({ store, now, random, limits })
  const signUps = createRateLimiter('sign-ups', limits.signUpsByAddress, now)
  const context: Context = { store, now, random, passwords, tokens }
  return {
    has: (account) => presentUser(store, account) !== undefined,
    signUp: async (claim) => {
      const account = parseAccountName(claim.account)
      checkNewPassword(claim.password)
      signUps.take(clientKey(claim.address))
      const passwordHash = await passwords.hash(claim.password)
      const user = newUser({ account, email: parseEmail(claim.email), passwordHash }, now())
      if (!store.insertUser(user)) throw new SteleError('account_exists', { account })
      return tokens.issue({ account, name: 'log-in' }, claim.address)
    },
    logIn: async (claim) => {
      await passwords.verify(claim)
      return tokens.issue({ account: claim.account, name: 'log-in' }, claim.address)
    },
    authenticate: (header, address) => authenticate(context, header, address),
    verifyPassword: passwords.verify,
    createToken: tokens.issue,
    listTokens: (account) =>
      tokens.list(account).filter((token) => (token.expiresMs ?? Infinity) > now()),
    revokeToken: tokens.revoke,
    profile: (account) => profileOf(needUser(store, account)),
    setEmail: (account, email) => {
      const user = needUser(store, account)
      store.updateUser({ ...user, email: parseEmail(email ?? undefined), updatedMs: now() })
    },
    changePassword: async (claim, newPassword) => {
      await passwords.verify(claim)
      checkNewPassword(newPassword)
      const passwordHash = await passwords.hash(newPassword)
      store.updateUser({ ...needUser(store, claim.account), passwordHash, updatedMs: now() })
    },
    addUser: (wish) => addUser(context, wish),
    share: (account) => {
      const user = presentUser(store, account)
      if (user !== undefined) return user.passwordHash === null && tokens.list(account).length === 0
      const name = parseAccountName(account)
      return store.insertUser(newUser({ account: name, email: null, passwordHash: null }, now()))
    },
    setPassword: (account, password) => setPassword(context, account, password),
    removeUser: (account) => {
      needUser(store, account)
      store.removeUser(account, now())
    },
    listUsers: () =>
      store
        .users()
        .filter((user) => !user.removed)
        .map(profileOf),
  }
}

type Context = {
  readonly store: AccountStore
  readonly now: () => number
  readonly random: (size: number) => Uint8Array
  readonly passwords: PasswordCheck
  readonly tokens: Tokens
}

async function authenticate(
  context: Context,
  header: string | undefined,
  address: string,
): Promise<Identity | undefined> {
  if (header === undefined || header === '') return undefined
  const credentials = parseAuthorization(header)
  if (credentials.scheme === 'bearer') {
    const row = context.tokens.use(credentials.token, address)
    return { account: row.account, tokenKey: row.key, readonly: row.readonly }
  }
  const { account, password } = credentials
  await context.passwords.verify({ account, password, address })
  return { account, readonly: false }
}

async function addUser(
  context: Context,
  wish: Parameters<Accounts['addUser']>[0],
): Promise<AddedUser> {
  const { store, now, random, passwords, tokens } = context
  const account = parseAccountName(wish.account)
  const email = parseEmail(wish.email)
  const made =
    wish.password === undefined && wish.secret !== 'token' ? makePassword(random) : undefined
  const password = wish.password ?? made
  if (password !== undefined) checkNewPassword(password)
  const passwordHash = password === undefined ? null : await passwords.hash(password)
  const user = newUser({ account, email, passwordHash }, now())
  if (!store.insertUser(user)) {
    if (presentUser(store, account) !== undefined)
      throw new SteleError('account_exists', { account })
    store.updateUser(user)
  }
  const token =
    wish.secret === 'token' ? tokens.issue({ account, name: 'from the operator' }).token : undefined
  return {
    account,
    ...(made === undefined ? {} : { password: made }),
    ...(token === undefined ? {} : { token }),
  }
}

async function setPassword(
  { store, now, random, passwords }: Context,
  account: string,
  given: string | undefined,
): Promise<AddedUser> {
  needUser(store, account)
  const password = given ?? makePassword(random)
  checkNewPassword(password)
  const passwordHash = await passwords.hash(password)
  store.updateUser({ ...needUser(store, account), passwordHash, updatedMs: now() }) // It took a while.
  return { account, ...(given === undefined ? { password } : {}) }
}

/** 119 random bits in 20 characters. */
function makePassword(random: (size: number) => Uint8Array): string {
  return formatBase62(random(15), 21).slice(-20)
}

function newUser(
  user: Pick<UserRow, 'account' | 'email' | 'passwordHash'>,
  nowMs: number,
): UserRow {
  return { ...user, createdMs: nowMs, updatedMs: nowMs, removed: false }
}

function presentUser(store: AccountStore, account: string): UserRow | undefined {
  const user = store.user(account)
  return user?.removed === false ? user : undefined
}

function needUser(store: AccountStore, account: string): UserRow {
  const user = presentUser(store, account)
  if (user === undefined) throw new SteleError('account_not_found', { account })
  return user
}

function profileOf(user: UserRow): Profile {
  const { account, email, createdMs, updatedMs } = user
  return { account, email, createdMs, updatedMs }
}

/** Only what no mail program could take for two addresses or for a header: clients send what their users typed. */
function parseEmail(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  if (text.length > maxEmailLength) {
    throw new SteleError('email_invalid', {
      reason: `it has more than ${maxEmailLength} characters`,
    })
  }
  if (!/^[^\s@<>,;:"\u0000-\u001f\u007f]+@[^\s@<>,;:"\u0000-\u001f\u007f]+$/.test(text)) {
    throw new SteleError('email_invalid', { reason: 'it is not of the form "name@host"' })
  }
  return text
}
