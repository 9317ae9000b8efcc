// The port to where users and tokens lie. Nothing of it is ever in the log. Implementations are synchronous and durable.

/** A user as stored. A removed one stays, so that nobody else can sign up under a name that the log knows. */
export type UserRow = {
  readonly account: string
  readonly email: string | null
  /** PHC text of an argon2id hash; null: no password opens this account. */
  readonly passwordHash: string | null
  readonly createdMs: number
  readonly updatedMs: number
  readonly removed: boolean
}

/** A token as stored: its text is known to its owner alone. */
export type TokenRow = {
  /** Names the token in lists: 32 hex digits. */
  readonly key: string
  readonly account: string
  /** SHA-256 of the token's text. */
  readonly hash: Uint8Array
  readonly name: string
  /** The first and last characters of the token's text. */
  readonly first: string
  readonly last: string
  readonly readonly: boolean
  /** Networks in CIDR form that may use it; empty: all. */
  readonly networks: readonly string[]
  readonly createdMs: number
  readonly usedMs: number | null
  readonly expiresMs: number | null
}

/** Users and tokens on disk. A change is durable when its function returns. */
export type AccountStore = {
  readonly user: (account: string) => UserRow | undefined
  /** All users, removed ones too, by name. */
  readonly users: () => readonly UserRow[]
  /** False, and nothing changed, when the name is there (removed or not). */
  readonly insertUser: (user: UserRow) => boolean
  /** Replaces the row of the same name; does nothing when there is none. */
  readonly updateUser: (user: UserRow) => void
  /** Marks the user as removed, forgets e-mail and password, drops all tokens. */
  readonly removeUser: (account: string, nowMs: number) => void
  readonly insertToken: (token: TokenRow) => void
  readonly tokenByHash: (hash: Uint8Array) => TokenRow | undefined
  /** The account's tokens, oldest first. */
  readonly tokens: (account: string) => readonly TokenRow[]
  /** False when the account has no token of that key. */
  readonly removeToken: (account: string, key: string) => boolean
  readonly removeTokensExpiredBy: (account: string, timeMs: number) => void
  readonly touchToken: (key: string, usedMs: number) => void
}
