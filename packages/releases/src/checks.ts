// What a check of a registry is given, and what comes of it: plain data, as the audit of the log takes it.
import type { Difference } from './check-release.ts'
import type { StateRows } from './state-rows.ts'

/** GET of a path below the registry's root. */
type Fetch = (
  path: string,
  maxBytes: number,
  accept?: string,
) => Promise<{ readonly status: number; readonly bytes: Uint8Array }>

/** What a check may use; see the audit's own ports. */
export type Tools = {
  readonly state: StateRows
  readonly fetch: Fetch
  readonly fetchBlob: (
    name: string,
    limits: { readonly maxBytes: number; readonly entry: number },
  ) => Promise<Uint8Array | undefined>
  /** False: tarballs are left alone. */
  readonly contents: boolean
}

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

/** One thing to be checked. */
export type Item = {
  readonly key: string
  readonly entry: number
  readonly facts: { readonly [name: string]: string }
}

/** What came of it. */
export type Outcome = {
  readonly faults: readonly ReleaseFault[]
  readonly missing: readonly {
    readonly blob: string
    readonly entry: number
    readonly subject: string
  }[]
  readonly unknown?: string
  /** What the listings must say of it: describeListed(). */
  readonly told?: string
  readonly notCompared?: readonly string[]
}
