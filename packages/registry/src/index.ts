// The public face of @stele/registry.
export { rulesScript } from './assets.ts'
export type { Changed } from './changes.ts'
export {
  checkRelease,
  compareServed,
  type Difference,
  type ExpectedRelease,
  expectedReleases,
} from './compare.ts'
export { createHistory, type History, type PackageHistory } from './history.ts'
export type { PackumentAsk, PackumentView } from './packuments.ts'
export type { RegistryPorts } from './ports.ts'
export type { Published } from './publishing.ts'
export type { TarballView } from './reading.ts'
export { createRegistry, type Registry } from './registry.ts'
export { type Release, readRelease } from './release.ts'
export type { SearchAnswer, SearchAsk } from './search.ts'
export { type Form, type VersionPieces, versionPieces } from './version-pieces.ts'
export type {
  PackageRow,
  SearchPage,
  VersionDetail,
  VersionRow,
  ViewReader,
} from './view-reader.ts'
export { planViews, type ViewWrite } from './views.ts'
