// What a verification needs from outside: the registry over HTTP, the script's executor, and what a registry's
// own formats are. The app wires them; nothing here knows a network, a script host or a registry.
import type { Executor, StateReader, Write } from '@stele/entries'
import type { JsonValue } from '@stele/formats'

/** An answer of the registry: the status, and at most `maxBytes + 1` bytes of the body, decoded. */
export type Fetched = { readonly status: number; readonly bytes: Uint8Array }

/** What is run, with the bytes that its names stand for. */
export type ExecutorSettings = {
  /** The script's bytes, checked against its name. */
  readonly script: Uint8Array
  /** The engine's blob: canonical JSON `{"host", "parts"}`. */
  readonly engine: Uint8Array
  readonly limits: { readonly [name: string]: number }
  /** For calls that read blobs; throws where a blob has still to be fetched, and then the call is run again. */
  readonly blobs: (name: string) => Uint8Array | undefined
}

/** An executor, and for scripts that keep memory between calls its digest (hex SHA-256). */
export type ReplayExecutor = Executor & { readonly memoryDigest?: () => string }

/** Where two things that must be the same are not. Texts for people. */
export type Difference = { readonly what: string; readonly found: string; readonly wanted: string }

/** A release to be taken apart: its tarball (sha512 and size are checked already), and its rows of the state as text. */
export type ReleaseQuestion = {
  readonly name: string
  readonly version: string
  readonly tarball: Uint8Array
  /** The value of `/packages/<name>/versions`. */
  readonly versionsValue: string
  /** The value of `/packages/<name>/contents`. */
  readonly contentsValue: string
}

/** A package to be compared: what is served, undefined where that is 404, and what the log says. */
export type ServedQuestion = {
  readonly name: string
  /** The packument, full or abbreviated. */
  readonly served: JsonValue | undefined
  readonly state: StateReader
}

/** Where what is served differs, and the entry that says otherwise, if it is one. */
export type ServedDifference = Difference & { readonly entry: number | null }

/** An entry that was replayed, with what it wrote. A withheld value is empty here. */
export type ReplayedEntry = {
  readonly index: number
  readonly timeMs: number
  readonly writes: readonly Write[]
}

/** What is going on, for a progress bar. */
export type VerifyProgress = {
  readonly phase: 'entries' | 'tarballs' | 'packages'
  readonly done: number
  readonly total: number
}

/** Everything that a verification takes as an argument. */
export type VerifyPorts = {
  /**
   * GET of a path below the registry's root, such as `/-/log/key`. Throws `server_unreachable` after retries, and for
   * statuses that say nothing of the file (5xx, 429); others are given. `accept` is sent where it is given.
   */
  readonly fetch: (path: string, maxBytes: number, accept?: string) => Promise<Fetched>
  /** Throws `engine_unknown`, `script_invalid`, `limits_invalid`. */
  readonly createExecutor: (settings: ExecutorSettings) => ReplayExecutor
  /** Told of every entry in order, so that what no row of the state holds, times, is known when packages are compared. */
  readonly replayed: (entry: ReplayedEntry) => void
  /** Takes a release's tarball apart and compares record, integrity and digests. */
  readonly checkRelease: (question: ReleaseQuestion) => readonly Difference[]
  readonly compareServed: (question: ServedQuestion) => readonly ServedDifference[]
  readonly progress: (event: VerifyProgress) => void
  readonly nowMs: () => number
}

/** What the user may choose. */
export type VerifyOptions = {
  /** The registry's address, for the report. */
  readonly url: string
  /** The log's vkey, when it is known beforehand: then it must be the served one. */
  readonly key?: string
  /** The scripts (hex SHA-512) that are vouched for: entries under any other are excepted. */
  readonly rules: readonly string[]
  /** False skips every tarball; the report says so. */
  readonly tarballs: boolean
}
