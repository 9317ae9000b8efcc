// The public face of @stele/accounts.
export {
  type AccountSettings,
  type Accounts,
  type AddedUser,
  createAccounts,
  type Identity,
  type Profile,
} from './accounts.ts'
export { defaultRateLimits, type RateLimit, type RateLimits } from './limits.ts'
export { defaultPasswordCost, type PasswordCost } from './password.ts'
export { type AccountsSettings, accountsSection } from './settings.ts'
export {
  type SignUpDecision,
  type SignUpFacts,
  type SignUpSettings,
  signUpAllowed,
} from './sign-up-policy.ts'
export { type IssuedToken, type TokenInfo, type TokenWish } from './tokens.ts'
