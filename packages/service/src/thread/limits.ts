// Limits of a thread and its clients, each with its reason.

/** How often it is looked whether a call hangs, in milliseconds, at the longest. */
export const longestLookMs = 250
/** A native stack that QuickJS's own limit always reaches first. */
export const stackSizeMb = 32
/** Proofs made at once for one service: anybody may ask, and each takes turns from the thread that commits. */
export const maxProofs = 2
