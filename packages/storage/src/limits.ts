// Limits of the storage, each with its reason.

/** Blobs up to this size lie in the database, so that they cost no file of their own in a commit. */
export const maxInlineBlobBytes: number = 64 * 1024
/** How long a connection waits for another one's lock, in milliseconds: far longer than any commit takes. */
export const busyTimeoutMs = 10_000
/** How long a try to empty the write-ahead log waits for other readers, in milliseconds: the service stands still meanwhile. */
export const eraseBusyMs = 20
/** What somebody is told to wait whom other readers kept from it, in seconds. */
export const busyRetryS = 5

/** Pages of 4 KB in the write-ahead log before they go to the database: each goes there once, however often it was written. */
export const walPages = 4000
/** Blobs that the publisher is told of at once. */
export const blobsPerStep = 64
/** Bytes of a frame of the trie's snapshot: a thousand leaves with the longest names. */
export const maxFrameBytes: number = 2 * 1024 * 1024
/** Changes of the public folder that are made at once: the way to the thread that makes them costs as much as one of them. */
export const maxChangesAtOnce = 256
/** Bytes of such changes, before the last one: they are held twice for a moment. */
export const maxChangesBytes: number = 4 * 1024 * 1024
/** Changes of a publication that needs no thread: they take about as long as two commits. */
export const maxChangesHere = 24
/** Bytes of such a publication: a new log has its interpreter to publish. */
export const maxChangesHereBytes: number = 1024 * 1024
/** How long the thread that changes the public folder is kept without work, in milliseconds: it holds some 13 MB, and starts in 50 ms. */
export const folderThreadIdleMs: number = 15 * 1000
/** Bytes of a published blob that are read at once to compare it: hashing them takes two milliseconds. */
export const bytesPerRead: number = 1024 * 1024
/** Names that an upstream does not have, of which that is kept: a storm of them must not fill the disk. */
export const maxMissingKept = 10_000
/** So many of them go at once. */
export const missingPerRemoval = 1000
/** How long a tarball stays after it was found, in milliseconds: somebody is about to open it. */
export const tarballGraceMs: number = 60 * 1000
/** How full the space of tarballs still is after some had to go: the next ones need not remove again. */
export const tarballRoom = 0.9
/** Tarballs that go in one turn: each takes some 0.1 ms. */
export const tarballsPerRemoval = 30
/** Heads of packuments of upstreams that are kept in memory: some 5 MB. */
export const maxHeadsKept = 10_000
/** Uses of tarballs, or of packuments, before they are written down: a large application's. */
export const maxUsesKept = 2000

/** The part of the space of tarballs that packuments may take beside them, a divisor: those of an application are a tenth as large. */
export const packumentShare = 8

/** How long a packument that somebody asked for is not removed, in milliseconds: it may be about to be read. */
export const packumentGraceMs: number = 60 * 1000

/** Packuments that are removed for each one that comes in when there is too much: each takes some 0.1 ms. */
export const packumentsPerRemoval = 20

/** Matches of a search up to which they are ranked by relevance: that takes some 2 ms, and as much again for every further 500. */
export const maxRankedMatches = 500

/** Bytes of a file from which on whoever writes it into a public folder gives its memory away. */
export const givenAwayBytes: number = 1024 * 1024

/** Tarballs of which it is remembered that they were looked at: each takes 300 bytes, and looking again 2 ms a megabyte. */
export const maxSoundKept = 20_000

/** Bytes of a tarball that are read at once to be looked at: hashing them takes half a millisecond. */
export const soundReadBytes: number = 256 * 1024
