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

/** Chunks of 256 entries that are fetched ahead of the one being replayed. */
export const chunksAhead = 3
/** Checks of a job that are made side by side. */
export const parallelFetches = 4

/** Findings of each weight; in the log itself the first one ends the verification. */
export const maxFindings = 100
/** Ranges of entries that a report lists as excepted; the count goes on. */
export const maxExceptionRanges = 1000
/** Kinds of things that a report names as not compared. */
export const maxNotCompared = 50
/** Changes of the log's settings that a report lists. */
export const maxSettingsChanges = 1000
/** Times that the log is followed further, where what is served is ahead of what was replayed. */
export const maxRounds = 50
/** Characters of a text that a finding quotes around the first difference. */
export const maxQuoteLength = 160

/** Age of the newest time that the log's clock signed, in milliseconds, from which on a report warns. */
export const maxClockAgeMs: number = 24 * 60 * 60 * 1000

/** Bytes by which the shared state is addressed. */
export const unitBytes = 8
/** Bytes of a segment of the shared state: small logs take one. A power of two. */
export const segmentBytes: number = 8 * 1024 * 1024
/** Segments of the shared state: 16 GiB of rows, more than a machine that audits has. */
export const maxSegments = 2047
/** Buckets by which rows are found, and objects: some rows in each at a million. A power of two. */
export const bucketCount: number = 2 ** 18

/** Calls that are handed to a thread at once: some milliseconds of work, so that all end together. */
export const callsPerJob = 32
/** Jobs that a thread has at a time, so that it never waits for the next one. */
export const jobsPerRunner = 3
/** Jobs that may wait before the thread that carries effects runs some itself: they hold memory. */
export const maxWaitingJobs = 8
/** Checks that are handed to a thread at once. */
export const checksPerJob = 16
/** Entries between two times that the carrying thread lets others go on: some milliseconds. */
export const entriesPerTurn = 64
/** Entries, or contents, from which on it pays to start threads: each takes some 100 ms and 40 MB. */
export const minForThreads = 1500
/** Bytes of a kept replay's facts: exceptions and takedowns are most of it. */
export const maxSnapshotHeaderBytes: number = 256 * 1024 * 1024
