// The one place that turns where a service is kept into ports. Whoever holds a `Storage` knows of no database and no file in it.
import { accessSync, constants, existsSync } from 'node:fs'
import { SteleError } from '@stele/errors'
import type { ViewReader } from '@stele/registry/reading'
import { lagOf } from '@stele/replica'
import type { ServiceHome } from '@stele/service'
import { type OpenAccountStore, openAccountStore } from './account-store.ts'
import { type BlobUploads, createBlobUploads } from './blob-uploads.ts'
import { createDataVersion, createReading, openReader } from './database.ts'
import { codeOf, reasonOf } from './folders.ts'
import { createLogReader, type LogReader, logSchema } from './log-store.ts'
import { type HomeOptions, openServiceHome } from './service-home.ts'
import { type StoredPaths, storedPaths } from './stored-paths.ts'
import { openUpstreamStore, type UpstreamPlace, type UpstreamStore } from './upstream-store.ts'
import { createViewReader } from './view-reader.ts'
import { registryViewMark } from './view-store.ts'

/** Where a service is kept. Plain data: a thread is told it. */
export type StorageSettings = {
  /** The data folder, an absolute path. */
  readonly dir: string
  /** Whether the log is published as files. */
  readonly publicFolder: boolean
}

/** Where a service is kept, opened as its ports. Only whoever holds the folder's lock opens any of them. */
export type Storage = {
  /** What holds the log, as errors name it. */
  readonly logPlace: string
  /** A folder for what scanners know, which can be lost. */
  readonly scannedFolder: string
  /** Whether there is anything of a log here. Throws `data_invalid` where that cannot be seen, or the log is not this user's to change. */
  readonly hasLog: () => boolean
  /** Opens what writes, making what is not there: once, in the thread that runs the service. Throws `data_invalid`. */
  readonly openHome: (options: HomeOptions) => ServiceHome
  /** Opens what only reads, in any thread. Throws `data_invalid`. */
  readonly openReads: () => StoredReads
  /** Throws `data_invalid`. */
  readonly openAccounts: () => OpenAccountStore
  /** Whether anything was ever kept of upstreams. */
  readonly hasUpstreams: () => boolean
  /**
   * What is kept of upstreams; their tarballs may take so many bytes, without those of packages that no upstream is asked
   * for any more (`isOwn`). Throws `data_invalid`.
   */
  readonly openUpstreams: (
    options: Pick<UpstreamPlace, 'maxBytes' | 'isOwn' | 'onDamaged'>,
  ) => UpstreamStore
}

/** What is committed, to be read; and the way in for large blobs. */
export type StoredReads = {
  readonly log: LogReader
  /** The registry's views; undefined while they are not where the log is: opening the service brings them there. */
  readonly registryViews: () => ViewReader | undefined
  /** Differs as soon as a commit of the home can be seen here. */
  readonly version: () => number
  readonly uploads: (isInOrder: Promise<boolean>) => BlobUploads
  readonly close: () => void
}

/** The storage of a service. Nothing is opened yet. */
export function openStorage({ dir, publicFolder }: StorageSettings): Storage {
  const paths = storedPaths(dir)
  return {
    logPlace: paths.log,
    scannedFolder: paths.scanned,
    hasLog: () => hasLog(dir, paths.log),
    openHome: (options) => openServiceHome({ ...options, paths, publicFolder }),
    openReads: () => openReads(paths),
    openAccounts: () => openAccountStore(paths.accounts),
    hasUpstreams: () => existsSync(paths.upstream),
    openUpstreams: (options) =>
      openUpstreamStore({ ...options, path: paths.upstream, folder: paths.tarballs }),
  }
}

function hasLog(dir: string, path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK) // "Does it exist?" is answered with no where it cannot be seen.
    return true
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return false
    throw new SteleError('data_invalid', { path: dir, reason: reasonOf(cause) }, { cause })
  }
}

function openReads(paths: StoredPaths): StoredReads {
  const db = openReader(paths.log, logSchema)
  const log = createLogReader(db, paths.blobs)
  const views = registryViewMark(db)
  const reading = createReading(db)
  return {
    log,
    registryViews: () => {
      const lag = reading(() => lagOf(views, log.head()?.size ?? 0))
      return lag === undefined ? createViewReader(db) : undefined
    },
    version: createDataVersion(db),
    uploads: (isInOrder) =>
      createBlobUploads(paths.blobs, {
        isKept: (name) => log.blobs.find(name) !== undefined,
        isInOrder,
      }),
    close: () => db.close(),
  }
}
