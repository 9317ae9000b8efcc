// The public face of @stele/registry.
export { rulesScript } from './assets.ts'
export type { Changed } from './changes.ts'
export { type DocumentJob, type ReadDocument, readDocument } from './document.ts'
export type { PackumentAsk, PackumentHead, PackumentView } from './packuments.ts'
export type { RegistryPorts } from './ports.ts'
export type { Published } from './publishing.ts'
export type { TarballView } from './reading.ts'
export { createRegistry, type Registry } from './registry.ts'
export type { SearchAnswer, SearchAsk } from './search.ts'
export type {
  PackageRow,
  SearchPage,
  VersionDetail,
  VersionRow,
  ViewReader,
} from './view-reader.ts'
export { registryProjection, type ViewWrite } from './views.ts'
