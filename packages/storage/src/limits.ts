// Limits of the storage, each with its reason.

/** Blobs up to this size lie in the database, so that they cost no file of their own in a commit. */
export const maxInlineBlobBytes: number = 64 * 1024
/** How long a connection waits for another one's lock, in milliseconds: far longer than any commit takes. */
export const busyTimeoutMs = 10_000
/** Blobs that the publisher is told of at once. */
export const blobsPerStep = 64
/** Bytes of a frame of the trie's snapshot: a thousand leaves with the longest names. */
export const maxFrameBytes: number = 2 * 1024 * 1024
