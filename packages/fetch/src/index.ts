// The public face of @stele/fetch.
export { type RegistryConfig, readConfig } from './config.ts'
export {
  type Freshness,
  type KeptPackuments,
  openKeptPackuments,
} from './kept-packuments.ts'
export { findNode, pathFolders, pathNameOf } from './path-variable.ts'
export { openPlainHttp, type PlainHttp } from './plain-http.ts'
export { openRegistries, type Registries } from './registry.ts'
export { prefixOfNode, settingsFiles } from './settings-files.ts'
export type { Transport } from './transport.ts'
