// What the thread of the services is told of each: where it is kept and who it is.
import type { ServiceIdentity } from '@stele/service'
import type { DataPaths } from '@stele/storage/folder'

/** A service of this server, as its thread opens it. `kind` says what it runs. */
export type ServiceData = {
  readonly kind: string
  readonly paths: DataPaths
  readonly identity: ServiceIdentity
  /** Whether its log is published as files. */
  readonly publicFolder: boolean
}
