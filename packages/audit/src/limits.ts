// The limits of this package, each with its unit and its reason.

/** Bytes of `key`: a few vkeys, of which one may be of ML-DSA-44. */
export const maxKeyFileBytes: number = 16 * 1024
/** Bytes of a checkpoint or a head: the largest signed note (128 KiB), and as much again for a head's path. */
export const maxNoteFileBytes: number = 256 * 1024
/** Bytes of a tile of hashes. */
export const maxTileBytes: number = 256 * 32
/** Bytes of a bundle of entries: 256 leaves of 106 bytes with their lengths, and room for faults to be named. */
export const maxEntryBundleBytes: number = 256 * 1024
/** Bytes of a bundle of bodies, effects or values: what a thread holds a few of. Theirs are limits of one record only. */
export const maxRecordBundleBytes: number = 512 * 1024 * 1024
/** Bytes of a blob that the replay needs: scripts, engines, chunks, and values, which a call writes at most 16 MiB of. */
export const maxBlobBytes: number = 64 * 1024 * 1024
/** Bytes of blobs that are kept between entries. */
export const maxKeptBlobBytes: number = 64 * 1024 * 1024
/** Bytes of a packument: the largest ones of public registries have some 100 MB. */
export const maxPackumentBytes: number = 512 * 1024 * 1024
/** Bytes of a tarball: larger ones cannot be published. */
export const maxTarballBytes: number = 1024 * 1024 * 1024

/** Chunks of 256 entries that are fetched ahead of the one being replayed. */
export const chunksAhead = 3
/** Tarballs or packuments that are fetched side by side. */
export const parallelFetches = 4

/** Findings over tarballs and served names; in the log itself the first one ends the verification. */
export const maxFindings = 100
/** Ranges of entries that a report lists as excepted; the count goes on. */
export const maxExceptionRanges = 1000
/** Changes of the log's settings that a report lists. */
export const maxSettingsChanges = 1000
/** Times that the log is followed further, where what is served is ahead of what was replayed. */
export const maxRounds = 50
/** Characters of a text that a finding quotes around the first difference. */
export const maxQuoteLength = 160

/** Age of the newest time that the log's clock signed, in milliseconds, from which on a report warns. */
export const maxClockAgeMs: number = 24 * 60 * 60 * 1000
