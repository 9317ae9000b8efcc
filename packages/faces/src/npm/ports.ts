// What the npm face needs of the server.
import type { Accounts, SignUpSettings } from '@stele/accounts'
import type { Registry } from '@stele/registry'
import type { LogReads } from '../log-reads.ts'

/** Engines and reads. */
export type NpmPorts = {
  readonly registry: Registry
  readonly accounts: Accounts
  readonly log: Pick<LogReads, 'blob' | 'takenDown' | 'treeSize'>
  /** Why writes are refused now; undefined, or absent, where they are taken. */
  readonly writesRefused?: () => string | undefined
  /** Only accounts may read. */
  readonly isClosed: boolean
  /** Who may make an account. */
  readonly signUp: SignUpSettings
}
