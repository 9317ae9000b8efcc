// Errors of accounts, passwords and tokens.
import type { Catalogue } from './entry.ts'

export type AccountDetails = {
  unauthenticated: { readonly reason: string }
  /** `signUp` says why nobody can sign up here, where that is so. */
  password_wrong: { readonly account: string; readonly signUp?: string }
  account_invalid: { readonly account: string; readonly reason: string }
  account_exists: { readonly account: string }
  account_not_found: { readonly account: string }
  email_invalid: { readonly reason: string }
  sign_up_closed: { readonly reason: string }
  password_invalid: { readonly reason: string }
  token_not_found: { readonly key: string }
  token_invalid: { readonly member: string; readonly reason: string }
  token_read_only: { readonly account: string }
  tokens_full: { readonly account: string; readonly limit: number }
  rate_limited: { readonly what: string; readonly retryAfterS: number }
}

// 422 for what a person can correct: npm turns every 400 of a log-in into "There is no user with the username …".
export const accountErrors: Catalogue<AccountDetails> = {
  unauthenticated: {
    status: 401,
    message: (d) => `Log in first: run "npm login" (${d.reason})`,
  },
  password_wrong: {
    status: 401,
    message: (d) =>
      `Cannot log in as "${d.account}": the name or the password is wrong${d.signUp === undefined ? '' : `, and nobody can sign up: ${d.signUp}`}`,
  },
  account_invalid: {
    status: 422, // Not 400: npm rewrites every 400 of a log-in into "There is no user with the username".
    message: (d) => `Cannot use the account name "${d.account}": ${d.reason}`,
  },
  account_exists: {
    status: 409,
    message: (d) => `Cannot add the account "${d.account}": it exists already`,
    fix: (d) =>
      `For a new password run "stele user password ${d.account}"; "stele user remove ${d.account}" ends its tokens too`,
  },
  account_not_found: {
    status: 404,
    message: (d) => `There is no account "${d.account}"`,
    fix: () =>
      'The operator lists them with "stele user list", and adds them with "stele user add"',
  },
  email_invalid: { status: 422, message: (d) => `Cannot use the e-mail address: ${d.reason}` },
  sign_up_closed: {
    status: 403,
    message: (d) => `Cannot sign up: ${d.reason}`,
    fix: () => 'Ask the operator, who adds accounts with "stele user add <name>"',
  },
  password_invalid: { status: 422, message: (d) => `Cannot use the password: ${d.reason}` },
  token_not_found: { status: 404, message: (d) => `Cannot find the token "${d.key}"` },
  token_invalid: {
    status: 400,
    message: (d) => `Cannot make the token: "${d.member}" ${d.reason}`,
  },
  token_read_only: {
    status: 403,
    message: (d) => `Cannot change anything as "${d.account}": the token may only read`,
    fix: () => 'Log in, or use a token that may write',
  },
  tokens_full: {
    status: 403,
    message: (d) => `Cannot add a token for "${d.account}": it has ${d.limit} already`,
    fix: () => 'Remove some with "npm token revoke <id>"',
  },
  rate_limited: {
    // Not 429: npm would try again after 10 and after 60 seconds, in silence. Not 403: npm would blame a security policy.
    status: 423,
    message: (d) => `Cannot take more ${d.what} now: too many were tried`,
    fix: (d) => `Try again in ${formatWait(d.retryAfterS)}`,
  },
}

function formatWait(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
