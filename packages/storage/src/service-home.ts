// The home of one service in a data folder: its log, what is derived from it, and what is published of it.
import type { DatabaseSync } from 'node:sqlite'
import type { ViewWrite } from '@stele/registry'
import { type BoundProjection, createReplica, type ProjectionHome } from '@stele/replica'
import type { ServiceHome } from '@stele/service'
import { keepLargeBlobs } from './blob-store.ts'
import { inTransaction, openDatabase } from './database.ts'
import { createFolderChanges, type StartFolderWorker } from './folder-thread.ts'
import { createLogStore, createWatermark, logSchema } from './log-store.ts'
import { createPublicFolder, createPublishedFiles } from './public-folder.ts'
import { createSnapshotFile } from './snapshot-file.ts'
import type { StoredPaths } from './stored-paths.ts'
import { createViewHome, prepareViews } from './view-store.ts'

/** Homes for projections; each is made when it is asked for. */
export type ProjectionHomes = { readonly registry: () => ProjectionHome<ViewWrite> }

/** What a home is opened with. */
export type HomeOptions = {
  /** The service's projections, in the homes that there are for them. */
  readonly projections: (homes: ProjectionHomes) => readonly BoundProjection[]
  /** What snapshots of the trie are sealed with; without it none are used or made. */
  readonly sealKey?: Uint8Array
  /** Starts the thread that changes the public folder; without it that is done here, where each file waits for the disk. */
  readonly startFolderWorker?: StartFolderWorker | undefined
}

type Place = {
  readonly paths: Pick<StoredPaths, 'log' | 'blobs' | 'public' | 'snapshot'>
  readonly publicFolder: boolean
}

/** Opens it, making what is not there. The folder's lock is the opener's business. Throws `data_invalid`. */
export function openServiceHome(options: HomeOptions & Place): ServiceHome {
  const { paths, sealKey, projections } = options
  const db = openDatabase(paths.log, logSchema)
  try {
    const store = createLogStore(db, paths.blobs, (entries) => replica.apply(entries))
    const replica = createReplica({
      projections: projections(projectionHomes(db)),
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
      publicFolder: options.publicFolder
        ? createPublicFolder(createFolderChanges(paths.public, options.startFolderWorker))
        : undefined,
      published: createPublishedFiles(paths.public),
      watermark: createWatermark(db),
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

function projectionHomes(db: DatabaseSync): ProjectionHomes {
  return {
    registry: () => {
      prepareViews(db)
      return createViewHome(db)
    },
  }
}
