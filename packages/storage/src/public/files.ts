// The public face of @stele/storage/files.
export { makeFoldersSync, putFileSync } from '../durable.ts'
