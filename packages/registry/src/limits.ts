// The limits of this package, each with its unit and its reason.

/** Bytes of a tarball that can be published: it is held in memory once, and its base64 beside it. */
export const maxUploadBytes: number = 256 * 1024 * 1024

/** Bytes that an upload may unpack to: it is unpacked in memory, twice over, on the thread that answers everybody. */
export const maxUploadUnpackedBytes: number = 512 * 1024 * 1024

/** Dist-tags of one publish: clients send one. */
export const maxTagsPerPublish = 10

/** How long the same upload by the same account gets the first answer again, in milliseconds (npm-wire H12). */
export const retryWindowMs: number = 15 * 60 * 1000

/** Versions that one call removes or deprecates; more are split into several calls. The rules allow 1,000. */
export const maxVersionsPerCall = 500

/** Bytes of ready packuments kept in memory: some thousand packages as the world uses them. */
export const maxCacheBytes: number = 64 * 1024 * 1024

/** Bytes from which a packument is compressed faster rather than smaller: it would hold the thread for 20 ms and more. */
export const fastGzipBytes: number = 512 * 1024

/** Words of a search that are looked at: a query is one line. */
export const maxSearchWords = 16

/** Characters of a search that are looked at. */
export const maxSearchLength = 512

/** Search results of one page (npm-wire S1). */
export const maxSearchSize = 250
