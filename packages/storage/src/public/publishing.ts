// The public face of @stele/storage/publishing.
export { type FolderThreadData, runFolderThread, type StartFolderWorker } from '../folder-thread.ts'
