// Limits of scripts as services, each with its unit and its reason.

/** Services that a factory makes where nobody says otherwise: each holds some 2 MB of memory and 1 MB of disk. */
export const usualMaxVMs = 100
/** How long a service is kept for a call that is not in the log yet, in milliseconds. */
export const unclaimedMs: number = 60 * 1000

/** Bytes of a log, or of files, that a program reads into its memory. */
export const maxReadBytes: number = 1024 * 1024 * 1024
/** Entries of such a log, or files and folders. */
export const maxReadParts = 2_000_000
/** Bytes of a folder's path: an object of the state and a field of it have no more. */
export const maxPathBytes: number = 512 + 1 + 1024

/** How long calls may go on when a server closes, in milliseconds. */
export const serverGraceMs = 5_000

/**
 * How long a call may hold the thread that all services share, in milliseconds. Work that is counted ends within some two seconds; native
 * work, such as sorting or matching, is not counted.
 */
export const callTimeoutMs = 5_000
/** Entries of a log that are read at once: a bundle of its files has as many. */
export const entriesPerRead = 256
/** Characters of a difference that an error shows. */
export const maxShownChars = 160
