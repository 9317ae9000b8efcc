// The public face of @stele/storage/folder.
export {
  closeSocketFolder,
  type DataPaths,
  dataPaths,
  loadKey,
  lockDataFolder,
  openSocketFolder,
  readKeyFile,
} from '../data-folder.ts'
