// The public face of @stele/releases/release.
export { isoTime, parseTime } from '../iso-time.ts'
export {
  type Digests,
  digestsOf,
  packedOf,
  type Release,
  type ReleaseLimits,
  readPackedRelease,
  readRelease,
} from '../release.ts'
export {
  type Form,
  recordPieces,
  reducePieces,
  searchFacts,
  tarballFile,
  type VersionPieces,
  versionPieces,
} from '../version-pieces.ts'
