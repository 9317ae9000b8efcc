// The public face of @stele/releases/checks.
export { checkRelease, type Difference } from '../check-release.ts'
export { compareServed, type ServedDifference, type ServedPackage } from '../compare.ts'
export { compareManifest } from '../compare-manifest.ts'
export { historyOf, type PackageHistory } from '../history.ts'
export { createRegistryChecks, type RegistryChecks, registryNouns } from '../registry-checks.ts'
