// What a verification says in the end: plain JSON.
import type { SteleError } from '@stele/errors'

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
  readonly details: unknown
}

/** Entries `from` to `to`, both included, of which something could not be checked. */
export type Exception = {
  readonly from: number
  readonly to: number
  /**
   * `rules`: the script in force is one that nobody has vouched for; `rule`: the script was not run; `result`: its answer is
   * withheld; `all`: the state is unknown; `tarball`: it is withheld.
   */
  readonly unchecked: 'rules' | 'rule' | 'result' | 'all' | 'tarball'
  readonly reason: string
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

/** The outcome of a verification. Members that an early failure left unknown are null. */
export type VerifyReport = {
  readonly verdict: Verdict
  readonly url: string
  readonly origin: string | null
  readonly key: string | null
  /** Hex SHA-256 of the raw public key. */
  readonly keyFingerprint: string | null
  /** Entries under the checkpoint that was verified, and its root in base64. */
  readonly size: number | null
  readonly root: string | null
  /** The newest time that the log's clock signed, in milliseconds since 1970. */
  readonly clockMs: number | null
  /** The name (hex SHA-512) of the script in force: the rules that the replay has shown to be kept. */
  readonly script: string | null
  /** Who has which keys may change the rules, and change them back: every time that it was done. */
  readonly settingsChanges: readonly SettingsChange[]
  readonly entriesReplayed: number
  /** Calls that were run again with the script. */
  readonly callsRun: number
  /** Memory digests that this executor could not compare. */
  readonly memoryUnchecked: number
  /** Null where tarballs were skipped. */
  readonly tarballsChecked: number | null
  readonly packumentsCompared: number
  /** What no log holds, so that nobody can compare it. */
  readonly notCompared: readonly string[]
  readonly warnings: readonly string[]
  readonly exceptions: readonly Exception[]
  /** Entries with an exception, also those beyond the listed ranges. */
  readonly exceptedEntries: number
  readonly findings: readonly Finding[]
  readonly timing: {
    readonly totalMs: number
    /** Time in which entries were fetched and replayed. */
    readonly replayMs: number
    readonly callsPerSecond: number
  }
}

/** What the log does not hold (spec/state.md "Replay"). */
export const notInTheLog: readonly string[] = [
  'readme',
  'e-mail addresses',
  '_npmUser',
  'upstream tags',
]

/** The error as a report shows it. */
export function findingOf(error: SteleError): Finding {
  const { code, message, fix, details } = error
  return { code, message, ...(fix === undefined ? {} : { fix }), details }
}
