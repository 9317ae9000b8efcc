// What crosses between the command and the thread that verifies: plain data.
import type { VerifyOptions, VerifyProgress, VerifyReport } from '@stele/audit'
import type { ErrorText } from '@stele/errors'

/** What the thread is started with. */
export type VerifyData = VerifyOptions

/** What it says: any number of events, then a report or an error. */
export type VerifyNews =
  | { readonly say: 'progress'; readonly event: VerifyProgress }
  | { readonly say: 'report'; readonly report: VerifyReport }
  | { readonly say: 'failure'; readonly error: ErrorText }
