// The public face of @stele/storage.
export { keepLargeBlobs } from './blob-store.ts'
export { type BlobUploads, createBlobUploads } from './blob-uploads.ts'
export { createDataVersion, inTransaction, openDatabase, openReader } from './database.ts'
export {
  createLogReader,
  createLogStore,
  createWatermark,
  type LogReader,
  logSchema,
} from './log-store.ts'
export { createPublicFolder, createPublishedFiles } from './public-folder.ts'
export { type HomeOptions, openServiceHome } from './service-home.ts'
export { createSnapshotFile } from './snapshot-file.ts'
