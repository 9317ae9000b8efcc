// The public face of @stele/scanner.
export type { Distribution, Finding, Place } from './finding.ts'
export { readFacts, sweepFacts } from './kept.ts'
export { maxDistributedBytes, maxZipUnpackedBytes } from './limits.ts'
export { type PackageFile, readPlacedFile, readPlacedFiles, readPlacedTarball } from './placed.ts'
export type { Found, Trouble } from './scan.ts'
export { type ScanNews, type Scanning, startScanning } from './scanning.ts'
export type { FolderSource, Source } from './source.ts'
