// What a service adds to the audit of its log: checks of what only it knows, made of plain questions that any thread can answer.
import type { CheckItem, CheckOutcomeOf, CheckToolsOver } from '@stele/entries/checks'
import type { Fault } from './faults.ts'
import type { AuditedState } from './state-view.ts'

/** What a check may use. */
export type CheckTools = CheckToolsOver<AuditedState>

/** What came of a check. An empty one found all as it should be. */
export type CheckOutcome = CheckOutcomeOf<Fault>

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
  /** What the state tells that a reader of the report wants to know, and is no fault. */
  readonly notes?: (state: AuditedState) => readonly string[]
}

/** Checks that any thread can make. */
export type CheckJob = {
  readonly kind: 'content' | 'served'
  readonly contents: boolean
  readonly items: readonly CheckItem[]
}

/** Makes checks elsewhere. */
export type RemoteChecker = { readonly check: (job: CheckJob) => Promise<readonly CheckOutcome[]> }
