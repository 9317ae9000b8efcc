// Limits of a thread and its clients, each with its reason.

/** How often it is looked whether a call hangs, in milliseconds, at the longest. */
export const longestLookMs = 250
/** A native stack that QuickJS's own limit always reaches first. */
export const stackSizeMb = 32
/** V8 fills 48 MB by default before it looks at the young; a call leaves little behind that is worth so much memory. */
export const maxYoungGenerationSizeMb = 6
/** Proofs made at once for one service: anybody may ask, and each takes turns from the thread that commits. */
export const maxProofs = 2
