// What a service's own checks are asked, and what they answer: plain data between whoever audits a log and whoever knows the service.

/** One thing to be checked. */
export type CheckItem = {
  /** Different for each of a kind. */
  readonly key: string
  /** The entry that it goes back to. */
  readonly entry: number
  /** What the check itself needs to know. */
  readonly facts: { readonly [name: string]: string }
}

/** What a check may use. */
export type CheckToolsOver<State> = {
  readonly state: State
  /** GET of a path below the service's root. */
  readonly fetch: (
    path: string,
    maxBytes: number,
    accept?: string,
  ) => Promise<{ readonly status: number; readonly bytes: Uint8Array }>
  /** The blob of this name (hex SHA-512), undefined where there is none. Throws `file_mismatch` where it is another. */
  readonly fetchBlob: (
    name: string,
    limits: { readonly maxBytes: number; readonly entry: number },
  ) => Promise<Uint8Array | undefined>
  /** False where the user wants the large contents left alone. */
  readonly contents: boolean
}

/** How many contents, which the log does not keep, were compared where they are served. */
export type ServedContents = {
  readonly compared: number
  /** They could not be had. */
  readonly notGiven: number
  /** The service says that its operator holds them back. */
  readonly heldBack: number
  /** The log does not tell what they must be. */
  readonly notKnown: number
}

/** What came of a check. An empty one found all as it should be. */
export type CheckOutcomeOf<Fault> = {
  readonly faults: readonly Fault[]
  /** Blobs that are not there; right only where a takedown names them. `subject` is then not checked. */
  readonly missing: readonly {
    readonly blob: string
    readonly entry: number
    readonly subject: string
  }[]
  /** Why it could not be checked at all, where a value of the state is withheld. */
  readonly unknown?: string
  /** What the listings must say of it, in the service's own words. */
  readonly told?: string
  readonly contents?: ServedContents
  /** True where it is not served now, which may be as it should be: only what else is said of it was compared. */
  readonly isNotGiven?: boolean
  /** What is there and could not be compared, for the report. */
  readonly notCompared?: readonly string[]
}
