// The public face of @stele/scanner/archives: for whoever is sent an archive.
export { type ArchivedPackage, packArchive } from '../pack-archive.ts'
export type { ZipEntry } from '../read-zip.ts'
export { writePlainTarball } from '../write-tarball.ts'
