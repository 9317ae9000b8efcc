// The registry's home in a data folder, for whoever writes it: its database, its log, and what is derived from the log.
import type { DatabaseSync } from 'node:sqlite'
import { registryProjection } from '@stele/registry'
import { bindProjection, createReplica, type Replica } from '@stele/replica'
import {
  createLogStore,
  createViewHome,
  type DataPaths,
  inTransaction,
  logSchema,
  openDatabase,
  prepareViews,
} from '@stele/storage'

/** An open home. The folder's lock is its opener's business. */
export type RegistryHome = {
  readonly db: DatabaseSync
  readonly store: ReturnType<typeof createLogStore>
  readonly replica: Replica
}

/** Opens it, making what is not there. Throws `data_invalid`. */
export function openRegistryHome(paths: Pick<DataPaths, 'log' | 'blobs'>): RegistryHome {
  const db = openDatabase(paths.log, logSchema)
  prepareViews(db)
  const store = createLogStore(db, paths.blobs, (entries) => replica.apply(entries))
  const replica = createReplica({
    projections: [bindProjection(registryProjection, createViewHome(db))],
    size: () => store.head()?.size ?? 0,
    entries: store.entries,
    leafHashes: (start, count) => store.hashes(0, start, count),
    blobs: store.blobs.read,
    transaction: (work) => inTransaction(db, work),
  })
  return { db, store, replica }
}
