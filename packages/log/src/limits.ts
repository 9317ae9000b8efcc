// Limits of the sequencer, each with its reason.

/** Calls in one commit: bounds what a failed commit undoes (spec/state.md "Sequencing and crash safety"). */
export const maxGroupCalls = 256
/** How long a group may gather while it is staged: bounds a caller's wait behind others, in milliseconds. */
export const maxGroupMs = 200
/** Calls that may wait: beyond it callers are told to come again. */
export const maxQueuedCalls = 10_000
/** How old the clock's cosignature may grow: half of the hour that spec/state.md "Freshness" allows. */
export const heartbeatMs: number = 30 * 60 * 1000
/** Calls between two snapshots of a script's memory (spec/state.md "Memory"). */
export const callsPerSnapshot = 1_000
/** Entries that a start may have to roll the trie forward by, some 40 microseconds each; and one more for every so many leaves, below. */
export const entriesPerTrieSnapshot = 2_000
/** A snapshot costs by the leaf, so a larger trie waits for more entries. */
export const leavesPerSnapshotEntry = 64
/** Entries since the snapshot that are worth another one at a clean stop. */
export const entriesAtStop = 256
/** Rows of the state that are compared with the trie at once: about half a millisecond. */
export const rowsPerTurn = 64
/** Published files that may wait to be made durable: bounds what a crash has published again, and the memory of their names. */
export const maxUnsyncedFiles = 20_000
/** Widths of an unfinished record bundle that stay in the public folder: each may be as large as its entries together. */
export const keptPartials = 4
/** How far the clock may lie behind the last entry before that is told, in milliseconds: what a time service corrects in steps. */
export const clockToleranceMs: number = 60 * 1000
/** How often it is told again, in milliseconds. */
export const clockWarningMs: number = 60 * 60 * 1000
