// The public face of @stele/releases.
export {
  checkRelease,
  compareServed,
  type Difference,
  type ExpectedRelease,
  expectedReleases,
} from './compare.ts'
export { createHistory, type History, type PackageHistory } from './history.ts'
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
export {
  type Digests,
  digestsOf,
  type Release,
  type ReleaseLimits,
  readRelease,
} from './release.ts'
export {
  type Form,
  recordPieces,
  reducePieces,
  tarballFile,
  type VersionPieces,
  versionPieces,
} from './version-pieces.ts'
