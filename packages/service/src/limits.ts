// Limits of a service, each with its reason.

/** How often it is looked whether the clock's cosignature has grown old, in milliseconds. */
export const beatEveryMs: number = 5 * 60 * 1000
/** Between two turns of comparing the rows of the state with the trie, in milliseconds: it takes a tenth of the thread. */
export const compareRestMs = 5
/** The least time between two publications, in milliseconds: a busy log writes each tile once, not once a commit. */
export const publishEveryMs = 1000
/** What a publication took, the next one waits so many times as long: the disk is the commits', and much is written seldom. */
export const publishRestFactor = 9
/** The most that it waits for that, in milliseconds. */
export const longestPublishRestMs = 10_000
