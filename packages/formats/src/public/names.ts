// The public face of @stele/formats/names.
export { parseAccountName } from '../account.ts'
export {
  formatIntegrity,
  hexOfIntegrity,
  type Integrity,
  type IntegrityAlgorithm,
  parseIntegrity,
  strongestIntegrity,
} from '../integrity.ts'
export { checkNewPackageName, type PackageName, parsePackageName, scopeOf } from '../name.ts'
export { compareUtf8, decodeSegment, encodeSegment } from '../segment.ts'
export { cleanVersion, parseTag, parseVersion, type Version } from '../version.ts'
