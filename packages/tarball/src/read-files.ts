// The files of many tarballs, one after the other, as fast as that can be: what readTarball() says, without order and digests.

import { readEntries } from './entries.ts'
import { createInflater } from './inflate.ts'
import { invalid } from './invalid.ts'
import type { TarballLimits } from './limits.ts'
import { defaultLimits } from './limits.ts'
import { readPlainArchive } from './plain-archive.ts'
import { selectFiles } from './read-tarball.ts'

/** A file of a package. */
type PackageFile = {
  readonly path: string
  /** 755 when any execute bit is set. */
  readonly mode: 644 | 755
  /** Valid until the next tarball is read. */
  readonly content: Uint8Array
}

/** Reads a tarball's files. Throws tarball_invalid, also when there is no package.json, and tarball_too_large. */
export type FilesReader = (bytes: Uint8Array) => readonly PackageFile[]

/** A reader that keeps its buffers between tarballs: one for each thread. */
export function createFilesReader(limits: TarballLimits = defaultLimits): FilesReader {
  const inflate = createInflater()
  return (bytes) => {
    const archive = inflate(bytes, limits)
    const files = plainFiles(archive, limits) ?? allFiles(archive, limits)
    if (files.every(({ path }) => path !== 'package.json')) throw invalid('it has no package.json')
    return files
  }
}

function plainFiles(archive: Buffer, limits: TarballLimits): readonly PackageFile[] | undefined {
  return readPlainArchive(archive, limits)?.map(({ path, mode, start, end }) => ({
    path,
    mode,
    content: archive.subarray(start, end),
  }))
}

const nothing = Buffer.alloc(0)

function allFiles(archive: Buffer, limits: TarballLimits): readonly PackageFile[] {
  return [...selectFiles(readEntries(archive, limits), limits)].map(
    ([path, { mode, content }]) => ({
      path,
      mode: (mode & 0o111) === 0 ? 644 : 755,
      content: content ?? nothing,
    }),
  )
}
