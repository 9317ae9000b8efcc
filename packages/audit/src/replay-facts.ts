// What a replay knows at an entry besides the state's rows and their trie: enough to go on from there another day.
import type { Trie } from '@stele/state'
import type { Exception, SettingsChange } from './report.ts'
import type { RulesFrom } from './rules.ts'
import type { RowsMemory } from './shared-rows.ts'
import type { KeptWithheld } from './withheld.ts'

/** Plain JSON. */
export type ReplayFacts = {
  entryCount: number
  callsRun: number
  memoryUnchecked: number
  /** The time of the newest entry. */
  timeMs: number
  /** The entry whose settings are in force. */
  settings: number
  /** Withheld bodies whose numbers nobody has been seen to take yet. */
  unseenNumbers: number
  operator?: string
  lostSince?: number
  readonly sequences: readonly (readonly [account: string | null, last: number])[]
  readonly exceptions: readonly Exception[]
  readonly withheld: KeptWithheld
  readonly rules: readonly RulesFrom[]
  readonly settingsChanges: readonly SettingsChange[]
}

/** A replay as it can be kept. */
export type KeptReplay = {
  readonly rows: RowsMemory
  readonly trie: Trie
  readonly facts: ReplayFacts
}

/** Before the first entry. */
export const noFacts: ReplayFacts = {
  entryCount: 0,
  callsRun: 0,
  memoryUnchecked: 0,
  timeMs: 0,
  settings: 0,
  unseenNumbers: 0,
  sequences: [],
  exceptions: [],
  withheld: { missing: [], named: [] },
  rules: [],
  settingsChanges: [],
}
