// The limits of scanning, as the server has it, each with its unit and its reason.

/** How long to wait before a thread that ended by itself is started anew, in milliseconds: it may end for the same reason again. */
export const scanRestartMs: number = 30 * 1000

/** Rows of the log that are read before others have their turn: each takes some 50 µs. */
export const rowsAtOnce = 100

/** Lists of files that are kept in memory, in bytes of what they are made of. */
export const maxKeptFactBytes: number = 16 * 1024 * 1024

/** What a client is told to wait for a package that is scanned again, in seconds. */
export const scanRetryS = 5

/** Requests that read files of located packages at once, and those that wait for their turn: each may hold 64 MiB. */
export const maxLocatedReads = 2
export const maxLocatedWaiting = 64

/** Troubles that are remembered as told: the rest is told again. */
export const maxTroublesKept = 10_000
