// What the pages need of the server.
import type { SignUpSettings } from '@stele/accounts'
import type { LogReads } from '../log-reads.ts'

/** Reads of the log, and who may make an account. */
export type WebPorts = {
  readonly log: Pick<LogReads, 'checkpoint' | 'keys' | 'treeSize'>
  readonly signUp: SignUpSettings
}
