// What crosses between the command and the threads that verify: plain data.

import type { MessagePort } from 'node:worker_threads'
import type { VerifyProgress } from '@stele/audit'
import type { CallJob, CallOutcome, CheckJob, CheckOutcome, HelperData } from '@stele/audit/checks'
import type { VerifyReport } from '@stele/audit/report'
import type { ErrorText } from '@stele/errors'
import type { Source } from '../sources/source.ts'
import type { UserFolders } from '../user-folders.ts'

/** What is compared beside the log. */
type VerifiedService =
  /** `bases` are the addresses that tarballs may be served under. */
  | { readonly kind: 'registry'; readonly bases: readonly string[] | undefined }
  /** A script's service. `files` is where they are; `areWanted`: that none are there is a fault. */
  | { readonly kind: 'script'; readonly files: Source; readonly areWanted: boolean }

/** What every thread of a verification knows. */
export type Place = {
  readonly source: Source
  /** The Authorization header that the registry wants; absent: none is sent. */
  readonly authorization?: string
  readonly service: VerifiedService
  /** Engines that the user allows beside those of this release, by their hex SHA-512. */
  readonly engines: readonly string[]
  /** createCallClock(): when the calls began. */
  readonly calls: SharedArrayBuffer
}

/** What the first thread is started with. */
export type VerifyData = Place & {
  readonly role: 'verify'
  /** The address or folder, as the report names it. */
  readonly url: string
  readonly key?: string
  readonly rules: readonly string[] | 'any'
  readonly contents: boolean
  readonly since?: { readonly size: number; readonly note?: string }
  readonly folders: UserFolders
  /** True: all is replayed again; the kept checkpoint is compared with all the same. */
  readonly fresh: boolean
  /** True: what was kept of this log and address is thrown away, and not compared with. */
  readonly forget: boolean
  /** How long one call may run, in milliseconds. */
  readonly callTimeoutMs: number
  /** Threads to use in all. */
  readonly threads: number
  /** The module that starts threads. */
  readonly main: string
}

/** What the other threads are started with. */
export type HelpData = Place & {
  readonly role: 'help'
  /** Its place among the calls; the first thread has 0. */
  readonly thread: number
  readonly memory: HelperData['memory']
  /** Brings new segments of the state. */
  readonly segments: MessagePort
}

/** What the first thread says: any number of events, then a report or an error. */
export type VerifyNews =
  | { readonly say: 'progress'; readonly event: VerifyProgress }
  | { readonly say: 'report'; readonly report: VerifyReport; readonly saved: readonly string[] }
  | { readonly say: 'failure'; readonly error: ErrorText }

/** What another thread is asked, and answers. */
export type HelpAsk = { readonly id: number } & (
  | { readonly run: CallJob }
  | { readonly check: CheckJob }
)
export type HelpAnswer = { readonly id: number } & (
  | { readonly value: CallOutcome | readonly CheckOutcome[] }
  | { readonly error: ErrorText }
)
