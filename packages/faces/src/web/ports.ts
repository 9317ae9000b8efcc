// What the pages need of the server.
import type { SignUpSettings } from '@stele/accounts'
import type { Registry } from '@stele/registry'
import type { LogReads } from '../log-reads.ts'

/** Reads of the log and of what upstreams did, and who may make an account. */
export type WebPorts = {
  readonly log: Pick<LogReads, 'checkpoint' | 'keys' | 'treeSize'>
  readonly registry: Pick<Registry, 'conflicts' | 'heldBack' | 'upstreams'>
  readonly signUp: SignUpSettings
}
