// The public face of @stele/storage/files.

export { makeFoldersSync, putFile, putFileSync } from '../durable.ts'
export { type ApplyChanges, createPublicFiles, type FolderChange } from '../public-files.ts'
