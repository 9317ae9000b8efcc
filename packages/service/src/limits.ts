// Limits of a service, each with its reason.

/** How often the age of the clock's cosignature is checked, in milliseconds. */
export const beatEveryMs: number = 5 * 60 * 1000
/** The pause between two turns of comparing rows with the trie, in milliseconds: the comparison then takes a tenth of the thread. */
export const compareRestMs = 5
/** The least time between two publications, in milliseconds: a busy log writes each tile once, not once a commit. */
export const publishEveryMs = 1000
/** How soon it is tried again to erase from the disk what was taken down, in milliseconds. A try may take 20 ms of the thread. */
export const eraseAgainMs = 1000
/** After a publication, the next one waits this many times as long as it took, so that the disk is mostly free for commits. */
export const publishRestFactor = 9
/** The longest such wait, in milliseconds. */
export const longestPublishRestMs = 10_000
/** How long an answer from outside may take, in milliseconds: whoever is to give it ends it sooner. */
export const maxOutsideAnswerMs = 12_000
