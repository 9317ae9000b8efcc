// The home of one service in a data folder: its log, what is derived from it, and what is published of it.
import type { DatabaseSync } from 'node:sqlite'
import type { ViewWrite } from '@stele/registry'
import { type BoundProjection, createReplica, type ProjectionHome } from '@stele/replica'
import type { ServiceHome } from '@stele/service'
import { keepLargeBlobs } from './blob-store.ts'
import { inTransaction, openDatabase } from './database.ts'
import { createLogStore, createWatermark, logSchema } from './log-store.ts'
import { createPublicFolder, createPublishedFiles } from './public-folder.ts'
import { createSnapshotFile } from './snapshot-file.ts'
import type { StoredPaths } from './stored-paths.ts'
import { createViewHome, prepareViews } from './view-store.ts'

/** Homes for projections; each is made when it is asked for. */
export type ViewHomes = { readonly registry: () => ProjectionHome<ViewWrite> }

type HomeOptions = {
  readonly paths: Pick<StoredPaths, 'log' | 'blobs' | 'public' | 'snapshot'>
  readonly publicFolder: boolean
  readonly sealKey?: Uint8Array
  readonly projections: (homes: ViewHomes) => readonly BoundProjection[]
}

/** Opens it, making what is not there. The folder's lock is the opener's business. Throws `data_invalid`. */
export function openServiceHome(options: HomeOptions): ServiceHome {
  const { paths, publicFolder, sealKey, projections } = options
  const db = openDatabase(paths.log, logSchema)
  try {
    const store = createLogStore(db, paths.blobs, (entries) => replica.apply(entries))
    const replica = createReplica({
      projections: projections(viewHomes(db)),
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

function viewHomes(db: DatabaseSync): ViewHomes {
  return {
    registry: () => {
      prepareViews(db)
      return createViewHome(db)
    },
  }
}
