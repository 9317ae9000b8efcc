// What the mnpm face needs of the server.
import type { Accounts, SignUpSettings } from '@stele/accounts'
import type { Registry } from '@stele/registry'
import type { AccessPorts } from '../access.ts'
import type { LogReads } from '../log-reads.ts'

/** Reads and publishes of the registry, and who asks. */
export type MnpmPorts = {
  readonly registry: Pick<
    Registry,
    | 'hasAccount'
    | 'join'
    | 'manifest'
    | 'prepare'
    | 'missing'
    | 'proxiedTarball'
    | 'putTarball'
    | 'tarball'
    | 'versions'
  >
  readonly accounts: AccessPorts['accounts'] & Pick<Accounts, 'has' | 'share'>
  readonly log: Pick<LogReads, 'blob' | 'takenDown'>
  readonly signUp: SignUpSettings
  /** Mirrors that "stele mirror" made. */
  readonly mirrors?: readonly string[]
}
