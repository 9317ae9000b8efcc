// Every limit of installing, with its reason.

import type { TarballLimits } from '@stele/tarball'

/** Characters of a folder's name that is made of a package's key: file systems hold 255 bytes, Windows paths 260 characters in all. */
export const maxFolderName = 100
/** How often a folder is renamed on Windows before it counts as held: virus scanners let go within a second or two. */
export const maxMoveTries = 20
/** Milliseconds before the second try; each later one waits that much longer. */
export const moveWaitMs = 10
/** Bytes of a program's first line that are read for what runs it: systems read 127 to 255. */
export const maxFirstLineBytes = 256
/** Bytes of what may be a shim that Stele wrote. */
export const maxShimBytes: number = 8 * 1024
/** Bytes of the notes in node_modules: a name and a digest for each package and link. */
export const maxRecordBytes: number = 64 * 2 ** 20
/** What a package may unpack to on somebody's machine: the largest have some 500 MB, and no real one is 50 times its tarball. */
export const unpackLimits: TarballLimits = {
  maxUnpackedBytes: 2 * 2 ** 30,
  maxFiles: 200_000,
  maxRatio: 100,
  ratioFreeBytes: 64 * 2 ** 20,
}
/** Starts of the machine that a store remembers: more than one, since several machines may share a store. */
export const maxBoots = 8
