// The public face of @stele/storage/folder.
export { openAccountStore } from '../account-store.ts'
export {
  closeSocketFolder,
  type DataPaths,
  dataPaths,
  loadKey,
  lockDataFolder,
  openSocketFolder,
  readKeyFile,
} from '../data-folder.ts'
export { reasonOf } from '../folders.ts'
