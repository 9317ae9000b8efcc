// The public face of @stele/accounts/rates.
export { createRateLimiter } from '../rate-limit.ts'
