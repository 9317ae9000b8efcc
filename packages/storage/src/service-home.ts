// The home of one service in a data folder: its log, what is derived from it, and what is published of it.
import type { DatabaseSync } from 'node:sqlite'
import { type BoundProjection, createReplica } from '@stele/replica'
import type { ServiceHome } from '@stele/service'
import { keepLargeBlobs } from './blob-store.ts'
import type { DataPaths } from './data-folder.ts'
import { inTransaction, openDatabase } from './database.ts'
import { createLogStore, createWatermark, logSchema } from './log-store.ts'
import { createPublicFolder, createPublishedFiles } from './public-folder.ts'
import { createSnapshotFile } from './snapshot-file.ts'

/** What a service's home is opened with. */
export type HomeOptions = {
  readonly paths: Pick<DataPaths, 'log' | 'blobs' | 'public' | 'snapshot'>
  readonly publicFolder: boolean
  /** What snapshots of the trie are sealed with; without it none are used or made. */
  readonly sealKey?: Uint8Array
  /** The service's projections, with their tables in this database. */
  readonly projections: (db: DatabaseSync) => readonly BoundProjection[]
}

/** Opens it, making what is not there. The folder's lock is the opener's business. Throws `data_invalid`. */
export function openServiceHome(options: HomeOptions): ServiceHome {
  const { paths, publicFolder, sealKey, projections } = options
  const db = openDatabase(paths.log, logSchema)
  try {
    const store = createLogStore(db, paths.blobs, (entries) => replica.apply(entries))
    const replica = createReplica({
      projections: projections(db),
      size: () => store.head()?.size ?? 0,
      entries: store.entries,
      leafHashes: (start, count) => store.hashes(0, start, count),
      blobs: store.blobs.read,
      transaction: (work) => inTransaction(db, work),
    })
    return {
      store,
      replica,
      keepBlobs: (blobs) => keepLargeBlobs(paths.blobs, blobs),
      snapshots: sealKey && createSnapshotFile(paths.snapshot, sealKey),
      publicFolder: publicFolder ? createPublicFolder(paths.public) : undefined,
      published: createPublishedFiles(paths.public),
      watermark: createWatermark(db),
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}
