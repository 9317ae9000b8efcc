// What an audit finds. Each names the entry (its index in the log), where one is to blame, what was found and what was wanted.
import type { Catalogue } from './entry.ts'

/** What does not fit, as text that people read: cut to where the two differ. */
type Mismatch = { readonly what: string; readonly found: string; readonly wanted: string }

export type VerifyDetails = {
  verify_stopped: { readonly url: string }
  /** This machine cannot; of the log nothing is known. */
  verify_impossible: { readonly url: string; readonly reason: string }
  /** A copy that lacks what a verification needs, whoever is to blame for that. */
  copy_incomplete: { readonly url: string; readonly reason: string }
  entry_not_run: { readonly entry: number; readonly reason: string }
  key_not_shown: {
    readonly origin: string
    readonly given: string
    /** The log's keys, written as the given one is. */
    readonly shown: readonly string[]
  }
  history_replaced: {
    readonly origin: string
    readonly key: string
    readonly knownOrigin: string
    readonly knownKey: string
    /** The day on which the known log was verified. */
    readonly seen: string
  }
  history_forked: {
    readonly size: number
    /** When, or from whom, the wanted root was seen. */
    readonly seen: string
    readonly found: string
    readonly wanted: string
  }
  history_older: {
    readonly size: number
    readonly known: number
    /** When, or where, the larger one was seen. */
    readonly seen: string
    /** Whether it is known to be the beginning of what was seen. */
    readonly isPrefix: boolean
  }
  entry_mismatch: Mismatch & { readonly entry: number }
  file_mismatch: Mismatch & { readonly path: string; readonly entry: number | null }
  release_mismatch: Mismatch & { readonly spec: string; readonly entry: number }
  served_mismatch: Mismatch & { readonly name: string; readonly entry: number | null }
}

const evidence =
  "Keep this report and the log's checkpoint: they are evidence. Install nothing from it, and rely on none of its answers, until its operator has explained it"

export const verifyErrors: Catalogue<VerifyDetails> = {
  verify_stopped: {
    status: 503,
    message: (d) => `Stopped before "${d.url}" was verified: nothing is known of it`,
  },
  verify_impossible: {
    status: 503,
    message: (d) => `Cannot verify "${d.url}" on this machine: ${d.reason}`,
    fix: () =>
      'This says nothing about the log itself. Give the verification more memory, or another machine',
  },
  copy_incomplete: {
    status: 503,
    message: (d) => `Cannot verify "${d.url}": ${d.reason}`,
    fix: () => 'Verify a copy that is whole, or the service that it is a copy of',
  },
  entry_not_run: {
    status: 503,
    message: (d) => `Entry ${d.entry} could not be run again on this machine: ${d.reason}`,
    fix: () =>
      'This says nothing about the log itself. Give the verification more memory, or another machine',
  },
  key_not_shown: {
    status: 403,
    message: (d) =>
      `The key that you gave is not one of this log: you gave ${d.given}, and the log "${d.origin}" shows ${d.shown.join(' and ')}`,
    fix: () =>
      "Either --key is wrong (a key of another log, a clock's key, or a typing error): compare it with what the operator told you, and run this again. Or it is right, and another log is served in place of the one that you know: then install nothing from it, rely on none of its answers, and ask its operator by some other way",
  },
  history_replaced: {
    status: 403,
    message: (d) =>
      `This is not the log that was verified here on ${d.seen}: that was "${d.knownOrigin}" with the key ${d.knownKey}, and this is "${d.origin}" with the key ${d.key}`,
    fix: () =>
      'What each log signed was saved as evidence. Install nothing from it, and rely on none of its answers, until its operator has explained it. Only if the operator confirms the new key to you by some other way, give it with --key',
  },
  history_forked: {
    status: 403,
    message: (d) =>
      `This is another history than the one that was ${d.seen}: its first ${d.size} entries have the root ${d.found}, and had ${d.wanted}`,
    fix: () =>
      'Both signed checkpoints were saved: together they prove it. Install nothing from it, rely on none of its answers, and show them to others who use it',
  },
  history_older: {
    status: 403,
    message: (d) =>
      `This is older than what you saw: ${d.size} entries, and ${d.seen} there were ${d.known}${d.isPrefix ? '' : ' (whether it is the beginning of the same history cannot be told)'}`,
    fix: () =>
      'Entries of a log never go away: ask the operator whether an old copy was put back. Both signed checkpoints were saved',
  },
  entry_mismatch: {
    status: 403,
    message: (d) => `Entry ${d.entry} does not verify: ${compare(d)}`,
    fix: () => evidence,
  },
  file_mismatch: {
    status: 403,
    message: (d) => `The file "${d.path}"${ofEntry(d.entry)} does not verify: ${compare(d)}`,
    fix: () => evidence,
  },
  release_mismatch: {
    status: 403,
    message: (d) => `The release ${d.spec} of entry ${d.entry} does not verify: ${compare(d)}`,
    fix: () => evidence,
  },
  served_mismatch: {
    status: 403,
    message: (d) =>
      `What is served for "${d.name}" is not what the log says${ofEntry(d.entry)}: ${compare(d)}`,
    fix: () => evidence,
  },
}

function compare({ what, found, wanted }: Mismatch): string {
  return `${what}: found ${found}, wanted ${wanted}`
}

function ofEntry(entry: number | null): string {
  return entry === null ? '' : ` (entry ${entry})`
}
