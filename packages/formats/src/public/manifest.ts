// The public face of @stele/formats/manifest.
export { abbreviate, abbreviatedType } from '../abbreviated.ts'
export {
  type Manifest,
  normalizeManifest,
  normalizeServedManifest,
  parsePackageJson,
} from '../manifest.ts'
export {
  checkRecord,
  formatRecord,
  parseRecord,
  type ReleaseRecord,
  recordDifferences,
  recordOf,
} from '../record.ts'
