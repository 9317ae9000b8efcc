// The public face of @stele/registry/reading.
export { maxSearchSize } from '../limits.ts'
export { type PackumentAsk, type PackumentHead, type PackumentView } from '../packuments.ts'
export type { HeldBack, Prepared, UpstreamState } from '../ports.ts'
export { type TarballView } from '../reading.ts'
export { type SearchAnswer, type SearchAsk } from '../search.ts'
export {
  type ChangedPart,
  type ConflictsAsk,
  type PackageRow,
  type SearchPage,
  type VersionDetail,
  type VersionFrame,
  type ViewReader,
} from '../view-reader.ts'
