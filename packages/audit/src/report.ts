// What a verification says in the end: plain JSON.
import type { ServedContents } from '@stele/entries/checks'
import { errorOf, type Fault } from './faults.ts'
import type { ServiceNouns } from './service-checks.ts'

/**
 * `verified_except`: what could be checked is right; what could not was taken down in the open, or was decided by rules that
 * nobody has vouched for.
 */
export type Verdict = 'verified' | 'verified_except' | 'failed'

/** One fault, as the error of the catalogue says it. `details` name entry, found and wanted. */
export type Finding = {
  readonly code: string
  readonly message: string
  readonly fix?: string
  /** How grave it is: 0 another history, 1 the log, 2 contents, 3 what is served, 4 what is not served. */
  readonly weight: number
  readonly details: unknown
}

/** Entries `from` to `to`, both included, of which something could not be checked. */
export type Exception = {
  readonly from: number
  readonly to: number
  /**
   * `rules`: the script in force is one that nobody has vouched for; `rule`: the script was not run; `result`: its answer is
   * withheld; `all`: the state is unknown; `content`: it is withheld; `served`: what is served of it was not compared, since
   * values of its state are withheld.
   */
  readonly unchecked: 'rules' | 'rule' | 'result' | 'all' | 'content' | 'served'
  readonly reason: string
  /** What was not checked, where that has a name. */
  readonly subject?: string
}

/**
 * An entry that changed the log's own settings, by their names, with the script that it put in force, if it did. The first
 * one is the genesis, which names none.
 */
export type SettingsChange = {
  readonly entry: number
  readonly names: readonly string[]
  readonly script: string | null
}

/** A checkpoint that the log has signed. */
export type SignedCheckpoint = {
  readonly size: number
  /** Base64. */
  readonly root: string
  /** The whole signed note: evidence of what was shown. */
  readonly note: string
  /** False where the log's key signs it, but the entries or what is made of them do not fit. */
  readonly verified: boolean
}

/** The outcome of a verification. Members that an early failure left unknown are null. */
export type VerifyReport = {
  readonly verdict: Verdict
  readonly url: string
  readonly origin: string | null
  readonly key: string | null
  /** Hex SHA-256 of the raw public key. */
  readonly keyFingerprint: string | null
  /** The largest one that the log has signed; null where no signature held. */
  readonly checkpoint: SignedCheckpoint | null
  /** Whether the service was there to be compared: false for a copy of its log, null if the check never ran. */
  readonly served: boolean | null
  /** The checkpoint that an earlier verification had ended at. */
  readonly known: {
    readonly size: number
    readonly note: string
    /** The address or folder that it was read from. */
    readonly place: string
    readonly verifiedMs: number
  } | null
  /** The newest time that the log's clock signed, in milliseconds since 1970. */
  readonly clockMs: number | null
  /** The name (hex SHA-512) of the script in force: the rules that the replay has shown to be kept. */
  readonly script: string | null
  /** Who has which keys may change the rules, and change them back: every time that it was done. */
  readonly settingsChanges: readonly SettingsChange[]
  /** Entries that were replayed, on earlier days too. */
  readonly entriesReplayed: number
  /** Of them, those of this run. */
  readonly entriesNew: number
  /** Calls that the script ran again. */
  readonly callsRun: number
  /** Digests of a script's memory that were not compared. */
  readonly memoryUnchecked: number
  /** What the service calls its contents, and what it serves. */
  readonly nouns: ServiceNouns
  /** Contents (of a registry, tarballs) that were taken apart; null where they were skipped. */
  readonly contentsChecked: number | null
  /** Of them, those of this run; the others were read from the same place on earlier days. */
  readonly contentsNew: number | null
  /** Contents that the log does not keep and that were compared where they are served, in this run; and those that were not given. */
  readonly servedContents: ServedContents
  /** What is served (of a registry, packages) and was found right. */
  readonly servedCompared: number
  /** What could not be had now, so that it was not compared: it is no fault. */
  readonly servedNotGiven: number
  /** What is served and was not compared. */
  readonly notCompared: readonly string[]
  readonly warnings: readonly string[]
  readonly exceptions: readonly Exception[]
  /** Entries with an exception, also those beyond the listed ranges. */
  readonly exceptedEntries: number
  /** The gravest first. */
  readonly findings: readonly Finding[]
  /** All that were found, also those beyond the listed ones. */
  readonly findingCount: number
  readonly timing: {
    readonly totalMs: number
    /** Time in which entries were fetched and replayed. */
    readonly replayMs: number
    readonly callsPerSecond: number
  }
}

/** The fault as a report shows it. */
export function findingOf(fault: Fault): Finding {
  const { code, message, fix, details } = errorOf(fault)
  return { code, message, ...(fix === undefined ? {} : { fix }), weight: fault.weight, details }
}
