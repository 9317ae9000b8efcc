// The public face of @stele/scanner/archives: for whoever is sent an archive.
export { type FoundInArchive, findPackages } from '../find-packages.ts'
export { readZip, releaseFiles, type ZipEntry } from '../read-zip.ts'
export { writePlainTarball, writeTarball } from '../write-tarball.ts'
