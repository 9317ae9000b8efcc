// What a check of a registry is given, and what comes of it: plain data, as the audit of the log takes it.
import type { CheckOutcomeOf, CheckToolsOver } from '@stele/entries/checks'
import type { Difference } from './check-release.ts'
import type { StateRows } from './state-rows.ts'

/** What a check may use. */
export type Tools = CheckToolsOver<StateRows>

/** A fault as plain data; the weight sorts reports: 2 a release, 3 what is served, 4 what is not served. */
export type ReleaseFault =
  | {
      readonly code: 'release_mismatch'
      readonly weight: 2
      readonly details: Difference & { readonly spec: string; readonly entry: number }
    }
  | {
      readonly code: 'served_mismatch'
      readonly weight: 2 | 3 | 4
      readonly details: Difference & { readonly name: string; readonly entry: number | null }
    }

/** What came of a check; it tells what the listings must say by describeListed(). */
export type Outcome = CheckOutcomeOf<ReleaseFault>
