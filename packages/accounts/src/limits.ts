// The limits of this package, each with its unit and its reason.

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** How often something may be tried, by one key (an address or an account). */
export type RateLimit = { readonly limit: number; readonly windowMs: number }

/** The limits on what costs us work or lets a stranger guess. Successful log-ins do not count. */
export type RateLimits = {
  readonly signUpsByAddress: RateLimit
  readonly failedLogInsByAddress: RateLimit
  /** Looser than by address: whoever knows a name must not lock its owner out cheaply. */
  readonly failedLogInsByAccount: RateLimit
  readonly newTokensByAddress: RateLimit
  readonly newTokensByAccount: RateLimit
}

/** The limits in force unless the settings say otherwise. */
export const defaultRateLimits: RateLimits = {
  signUpsByAddress: { limit: 60, windowMs: hourMs },
  failedLogInsByAddress: { limit: 20, windowMs: 15 * minuteMs },
  failedLogInsByAccount: { limit: 100, windowMs: 15 * minuteMs },
  newTokensByAddress: { limit: 600, windowMs: hourMs },
  newTokensByAccount: { limit: 300, windowMs: hourMs },
}

/** Keys that one rate limit remembers: some 10 MB; beyond, the oldest is forgotten. */
export const maxRateKeys = 50_000

/** Password hashes computed at once: each holds a thread of the pool and 19 MiB for some 70 ms. */
export const maxHashesRunning = 2

/** Callers that wait for a password hash: about two seconds of work; beyond, they are told to come back. */
export const maxHashesWaiting = 64

/** What a caller that finds the queue full is told to wait, in seconds. */
export const hashRetryS = 5

/** Characters of a password: eight is the least that guidelines allow. */
export const minPasswordLength = 8

/** Characters of a password: longer ones are only a way to make us hash megabytes. */
export const maxPasswordLength = 256

/** Characters of an e-mail address (RFC 5321: 64 + 1 + 255). */
export const maxEmailLength = 320

/** Characters of a token's name. */
export const maxTokenNameLength = 200

/** Tokens of one account, so that a loop of log-ins cannot fill the disk. */
export const maxTokensPerAccount = 2_000

/** Networks that one token may be bound to. */
export const maxTokenNetworks = 100

/** Days that a token may live, when it has an end: ten years. */
export const maxTokenDays: number = 10 * 366

/** The last use of a token is stored at most this often: reads must not cost a disk write. */
export const tokenUseStepMs: number = hourMs

/** Passwords of `Authorization: Basic` that are remembered as right, and for how long: clients send them with every request. */
export const maxRememberedPasswords = 1_000
/** See maxRememberedPasswords. */
export const rememberPasswordMs: number = 5 * minuteMs

/** Characters of an Authorization header: a Basic one with the longest name and password, percent-encoded or not. */
export const maxAuthorizationLength = 2_048
