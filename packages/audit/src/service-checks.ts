// What a service adds to the audit of its log: checks of what only it knows, made of plain questions that any thread can answer.
import type { Fault } from './faults.ts'
import type { Fetch } from './log-files.ts'
import type { AuditedState } from './state-view.ts'

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
export type CheckTools = {
  readonly state: AuditedState
  /** GET of a path below the service's root. */
  readonly fetch: Fetch
  /** The blob of this name (hex SHA-512), undefined where there is none. Throws `file_mismatch` where it is another. */
  readonly fetchBlob: (
    name: string,
    limits: { readonly maxBytes: number; readonly entry: number },
  ) => Promise<Uint8Array | undefined>
  /** False where the user wants the large contents left alone. */
  readonly contents: boolean
}

/** What came of a check. An empty one found all as it should be. */
export type CheckOutcome = {
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
  /** What is there and could not be compared, for the report. */
  readonly notCompared?: readonly string[]
}

/** One of a kind, and several. */
type Noun = { readonly one: string; readonly many: string }

/** What a service calls its contents, and what it serves: a report counts them. */
export type ServiceNouns = { readonly content: Noun; readonly served: Noun }

/** The checks of one service. */
export type ServiceChecks = {
  readonly nouns: ServiceNouns
  /** The contents that the state names, written by entries from `since` on. */
  readonly contents: (state: AuditedState, since: number) => readonly CheckItem[]
  readonly checkContent: (item: CheckItem, tools: CheckTools) => Promise<CheckOutcome>
  /** Whether the service itself is there, not only a copy of its log. */
  readonly isServed: (tools: CheckTools) => Promise<boolean>
  /** What it serves besides the log. */
  readonly served: (state: AuditedState) => readonly CheckItem[]
  readonly checkServed: (item: CheckItem, tools: CheckTools) => Promise<CheckOutcome>
  /** What is served as a whole: listings. `told` is what the checks of items said of them, by their keys. */
  readonly checkListings: (
    tools: CheckTools,
    told: ReadonlyMap<string, string>,
  ) => Promise<CheckOutcome>
  /** What is served and never compared; for the report. */
  readonly notCompared: readonly string[]
}

/** Checks that any thread can make. */
export type CheckJob = {
  readonly kind: 'content' | 'served'
  readonly contents: boolean
  readonly items: readonly CheckItem[]
}
