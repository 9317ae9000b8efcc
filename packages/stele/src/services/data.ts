// What the thread of the services is told of each: where it is kept and who it is.
import type { ServiceIdentity } from '@stele/service'
import type { StorageSettings } from '@stele/storage'

/** A service of this server, as its thread opens it. `kind` names what it runs. */
export type ServiceData = {
  readonly kind: string
  readonly storage: StorageSettings
  readonly identity: ServiceIdentity
  /** What a log that is still to begin runs. */
  readonly script: string | undefined
}
