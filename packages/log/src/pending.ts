// What waits in the queue of a sequencer, and what becomes of it in a stage.
import type { Body } from '@stele/entries/bodies'
import type { OutsideAnswers } from './outside-answers.ts'
import type { Appended } from './ports.ts'
import type { EntryExtras } from './stage.ts'

/** Gives the number that an account's next entry takes. */
export type SequenceSource = { readonly nextSequence: (account: string | null) => number }

/** One entry that somebody waits for. `plan` makes its body when it is its turn. */
export type Pending = EntryExtras & {
  readonly plan: (stage: SequenceSource) => Body
  readonly name: string
  /** A config or takedown entry is a group of its own: what it changes is in force from the next entry. */
  readonly alone: boolean
  /** What it asked outside; `outside` gives it to the script. */
  readonly answers?: OutsideAnswers
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

/** One that was staged; it is answered when its group is durable. */
export type Staged = { readonly pending: Pending; readonly appended: Appended }
