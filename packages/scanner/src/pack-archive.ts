// An archive that somebody uploads to the tarballs of its packages: all that takes long, in one piece that a thread can do.
import type { PackageName, Version } from '@stele/formats/names'
import { findPackages } from './find-packages.ts'
import { readZip, releaseFiles } from './read-zip.ts'
import { writeTarball } from './write-tarball.ts'

/** A package of an archive. */
export type ArchivedPackage = {
  readonly name: PackageName
  readonly version: Version
  /** Gzipped, in memory of its own. */
  readonly tarball: Uint8Array<ArrayBuffer>
}

/** The packages of an archive, in its order. Throws what readZip() and findPackages() throw. */
export async function packArchive(bytes: Uint8Array): Promise<readonly ArchivedPackage[]> {
  const entries = await readZip(bytes)
  const packages: ArchivedPackage[] = []
  try {
    for (const { name, version, files } of findPackages(entries)) {
      const tarball = new Uint8Array(await writeTarball(files))
      packages.push({ name, version, tarball })
      releaseFiles(files) // No other package has them.
    }
    return packages
  } finally {
    releaseFiles(entries)
  }
}
