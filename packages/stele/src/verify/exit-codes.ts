// What the commands that verify have in common: their exit statuses.
import type { Verdict } from '@stele/audit/report'

/** The exit status of a verdict. */
export const exitCodes: { readonly [V in Verdict]: number } = {
  verified: 0,
  failed: 1,
  verified_except: 3,
}
