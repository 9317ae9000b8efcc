// The public face of @stele/formats.
export { abbreviate, abbreviatedType } from './abbreviated.ts'
export { parseAccountName } from './account.ts'
export { type ChunkLine, formatChunk, parseChunk } from './chunk.ts'
export {
  formatIntegrity,
  type Integrity,
  type IntegrityAlgorithm,
  parseIntegrity,
  strongestIntegrity,
} from './integrity.ts'
export {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalJson,
  parseJson,
  parseTolerantJson,
} from './json.ts'
export {
  type Manifest,
  normalizeManifest,
  normalizeServedManifest,
  parsePackageJson,
} from './manifest.ts'
export { checkNewPackageName, type PackageName, parsePackageName } from './name.ts'
export {
  checkRecord,
  formatRecord,
  parseRecord,
  type ReleaseRecord,
  recordDifferences,
  recordOf,
} from './record.ts'
export {
  type ContentsValue,
  formatContentsValue,
  formatVersionsValue,
  parseContentsValue,
  parseVersionsValue,
  type VersionsValue,
} from './release-values.ts'
export { compareUtf8, decodeSegment, encodeSegment } from './segment.ts'
export { cleanVersion, parseTag, parseVersion, type Version } from './version.ts'
