// The public face of @stele/releases.
export { checkRelease, type Difference } from './check-release.ts'
export { compareServed, type ServedDifference, type ServedPackage } from './compare.ts'
export { compareManifest } from './compare-manifest.ts'
export { historyOf, type PackageHistory } from './history.ts'
export { isoTime } from './iso-time.ts'
export {
  decode,
  isOperator,
  isStar,
  type Notice,
  packageNames,
  packageObject,
  parseNotice,
  parsePackageObject,
  readAccount,
  readContents,
  readLiveVersions,
  readNotice,
  readNotices,
  readOrigin,
  readOwners,
  readStars,
  readTags,
  readVersions,
} from './package-state.ts'
export { createRegistryChecks, type RegistryChecks } from './registry-checks.ts'
export {
  type Digests,
  digestsOf,
  type Release,
  type ReleaseLimits,
  readRelease,
} from './release.ts'
export type { StateRow, StateRows } from './state-rows.ts'
export {
  type Form,
  recordPieces,
  reducePieces,
  tarballFile,
  type VersionPieces,
  versionPieces,
} from './version-pieces.ts'
