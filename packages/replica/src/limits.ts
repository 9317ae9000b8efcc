// Limits of the replica, each with its reason.

/** Entries that a rebuild applies in one transaction: bounds what a crash repeats, and how long others wait. */
export const entriesPerStep = 256
