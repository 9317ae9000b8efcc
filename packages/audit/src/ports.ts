// What a verification needs from outside: the service over HTTP, the script's executor, and the checks that only the service
// knows. The app wires them; nothing here knows a network, a thread, a script host or what a service is for.
import type { Executor } from '@stele/entries/calls'
import type { RemoteRunner } from './call-job.ts'
import type { KeptLog, KeptRun } from './kept-run.ts'
import type { RemoteChecker, ServiceChecks } from './service-checks.ts'
import type { SharedRows } from './shared-rows.ts'

/** An answer of the service: the status, and at most `maxBytes + 1` bytes of the body, decoded. */
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

/** What is going on, for a progress bar. */
export type VerifyProgress = {
  readonly phase: 'entries' | 'contents' | 'served'
  readonly done: number
  readonly total: number
}

/** Another thread, that runs calls and makes checks. */
export type Helper = RemoteRunner & RemoteChecker

/** Is told which call is run, so that one which never ends can be ended from outside: nothing in the thread itself can. */
export type CallWatch = {
  readonly enter: (entry: number) => void
  readonly leave: () => void
}

/** Everything that a verification takes as an argument. */
export type VerifyPorts = {
  /**
   * GET of a path below the service's root, such as `/-/log/key`. Throws `server_unreachable` after retries, and for
   * statuses that say nothing of the file (5xx, 429); others are given. `accept` is sent where it is given.
   */
  readonly fetch: (path: string, maxBytes: number, accept?: string) => Promise<Fetched>
  /** Throws `engine_unknown`, `script_invalid`, `limits_invalid`. */
  readonly createExecutor: (settings: ExecutorSettings) => ReplayExecutor
  readonly watch?: CallWatch
  readonly checks: ServiceChecks
  /** Starts other threads over the state; asked once, when there is enough to do for them. */
  readonly startHelpers?: (rows: SharedRows) => Promise<readonly Helper[]>
  readonly progress: (event: VerifyProgress) => void
  readonly nowMs: () => number
}

/** What the user may choose, and what was kept. */
export type VerifyOptions = {
  /** The service's address, for the report. */
  readonly url: string
  /** The log's vkey, or the fingerprint of it, when it is known beforehand: then it must be a served one. */
  readonly key?: string
  /** The scripts (hex SHA-512) that are vouched for: entries under others are excepted. `any`: whichever the log names. */
  readonly rules: readonly string[] | 'any'
  /** False leaves all contents alone; the report says so. */
  readonly contents: boolean
  /** Where a log was verified to before, by its origin; undefined where it never was. */
  readonly kept?: (origin: string) => KeptRun | undefined
  /** The log that was verified at this address before: another one there is a finding, unless `key` names it. */
  readonly known?: KeptLog
  /** A checkpoint that the user trusts: the calls below it are not run again. */
  readonly since?: { readonly size: number; readonly note?: string }
}
