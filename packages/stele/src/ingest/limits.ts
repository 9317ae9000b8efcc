// The limits of reading uploads, each with its unit and its reason.

/** Uploads that are read at once: each may take 150 MB beside its body. */
export const ingestThreads = 1

/** Large uploads that wait: their bodies are in memory. */
export const maxIngestWaiting = 32

/** Those of one account: a workspace publishes its packages one after the other, or a few at once. */
export const maxIngestWaitingPerAccount = 8

/** From how many waiting on, the places are for accounts that have none: a few accounts cannot take them all. */
export const maxIngestWaitingShared: number = maxIngestWaiting / 2

/** Accounts that are remembered as having had a turn: those who had none go before them where there is no place. */
export const maxRecentAccounts = 1_000

/** What a client is told to wait, in seconds. */
export const ingestRetryS = 5

/** How long one upload may take, in milliseconds: the largest take some five seconds. */
export const ingestTimeoutMs: number = 60 * 1000

/** How long an archive of packages may take, in milliseconds: the largest take some three seconds. */
export const archiveTimeoutMs: number = 60 * 1000

/** How long a thread without work is kept, in milliseconds: it holds some 30 MB, and starts in 100 ms. */
export const ingestIdleMs: number = 15 * 1000

/** Bytes from which on a body lies in memory that nothing else shares. */
export const ownedBytes: number = 128 * 1024
