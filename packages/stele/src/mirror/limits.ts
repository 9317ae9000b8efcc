// Limits of mirrors, each with its unit and its reason.

/** Tarballs that are asked for at a time: enough that none waits for the way there and back. */
export const tarballsAtOnce = 8

/** Bytes of tarballs in memory at a time, beside the one that is larger. */
export const maxBytesAtOnce: number = 32 * 1024 * 1024

/** Releases that a report names: more than people read. */
export const maxSpecsTold = 20
