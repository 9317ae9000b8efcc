// The limits of what is scanned, each with its unit and its reason.

const mib = 1024 * 1024

/** Bytes that an archive may unpack to, all of which are held. */
export const maxZipUnpackedBytes: number = 64 * mib

/** Bytes that are inflated at a time. */
export const maxInflatedPieceBytes: number = 64 * 1024

/** Files and folders of an archive. */
export const maxZipEntries = 20_000

/** Bytes of a path in an archive, and of each name in it: what a tarball may have, so that no part of an upload is refused late. */
export const maxZipPathBytes = 4096
export const maxZipNameBytes = 255

/** Packages in one archive: each is a release, and a commit. */
export const maxUploadedPackages = 100

/** Bytes of what describes the packages of an archive, all together: of the worst JSON, reading as much holds the thread half a second. */
export const maxDescribingBytes: number = 4 * mib

/** Bytes of a package.json or manifest.json in a scanned folder: people write them. */
export const maxDescriptorBytes: number = 4 * mib

/** Bytes of an archive that is scanned: it is read whole. */
export const maxScannedArchiveBytes: number = 32 * mib

/** Packages of an archive that is scanned, and bytes of the index that names them: for each of them all its entries are looked at. */
export const maxArchivePackages = 1_000
export const maxIndexBytes: number = mib

/** Packages that one scanner takes: each is a row of the state, and read again at each scan. */
export const maxScannedPackages = 10_000

/** Folders that one scan looks into. */
export const maxScannedFolders = 200_000

/** Folders inside each other. */
export const maxScannedDepth = 32

/** Files of one package, and their bytes: they are all hashed when one of them has changed. */
export const maxPackageFiles = 20_000
export const maxPackageBytes: number = 512 * mib

/** Bytes of the files of a package that has a tarball: what may be shown of a release. */
export const maxDistributedBytes: number = 32 * mib

/** Bytes of a file that are read at a time. */
export const pieceBytes: number = 1024 * 1024

/** Characters of a release record: what the rules take. */
export const maxRecordLength: number = 256 * 1024

/** How long a package must hold still before it is taken, in milliseconds: whoever copies it in may pause between two files. */
export const settleMs = 2_000

/** From which age on, in milliseconds, nobody is still writing it, whatever the clock of a network's disk says. */
export const settledMs = 60_000

/** Folders that are watched: each takes a place in a table of the system. What is not watched is found by the period. */
export const maxWatchedFolders = 2_000

/** How long changes gather before they are looked at, in milliseconds. */
export const gatherMs = 200

/** How long a scanner rests before it looks again, whatever happens: at least so long, in milliseconds, and so many times what the last look took. */
export const leastRestMs = 500
export const restTimes = 3

/** Bytes that are hashed before others have their turn: some 20 ms. */
export const bytesAtOnce: number = 8 * 1024 * 1024
