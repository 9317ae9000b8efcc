// The public face of @stele/storage.
export type { BlobUploads } from './blob-uploads.ts'
export type { LogReader } from './log-store.ts'
export type { HomeOptions, ProjectionHomes } from './service-home.ts'
export {
  openStorage,
  type Storage,
  type StorageSettings,
  type StoredReads,
} from './storage.ts'
