// Limits of the sequencer, each with its reason.

/** Calls in one commit: bounds what a failed commit undoes (spec/state.md "Sequencing and crash safety"). */
export const maxGroupCalls = 256
/** How long a group may gather while it is staged: bounds a caller's wait behind others, in milliseconds. */
export const maxGroupMs = 200
/** Calls that may wait; further callers are told to try again later. */
export const maxQueuedCalls = 10_000
/** Calls whose oracles have asked what lies outside, until they are done: each keeps its answers. */
export const maxOutsideCalls = 256
/** Requests of one call, over all of its runs: each is one more run. */
export const maxOutsideRequests = 64
/** For how long a call may go on asking, in milliseconds: health calls a service stuck whose call waits for 30 seconds. */
export const maxOutsideMs = 15_000
/** Characters of one request. */
export const maxRequestCharacters: number = 2 * 1024 * 1024
/** Characters of what one call asked and was answered: what it makes of them fits in a body of 1 MiB. */
export const maxOutsideCallCharacters: number = 8 * 1024 * 1024
/** The same of all calls together: bounds the memory for them. */
export const maxOutsideCharacters: number = 64 * 1024 * 1024
/** How old the clock's cosignature may grow: half of the hour that spec/state.md "Freshness" allows. */
export const heartbeatMs: number = 30 * 60 * 1000
/** Calls between two snapshots of a script's memory (spec/state.md "Memory"). */
export const callsPerSnapshot = 1_000
/**
 * Bytes of the bodies, effects or values in one bundle from which on the bundle is ended: an entry may have 16 MiB of them, and readers
 * take 512 MiB. A bundle of usual calls, with 1 MiB of arguments each, has no more.
 */
export const maxEdgeBytes: number = 256 * 1024 * 1024
/** Digests of a script's memory in one commit: each reads all of it, 20 milliseconds for the largest. */
export const digestsPerCommit = 16
/** Entries between two snapshots of a small trie: a start has to apply those since the last one, some 40 microseconds each. */
export const entriesPerTrieSnapshot = 2_000
/** One more entry between snapshots for every so many leaves: writing a snapshot takes longer the larger the trie is. */
export const leavesPerSnapshotEntry = 64
/** A clean stop writes a new snapshot if at least this many entries came since the last one. */
export const entriesAtStop = 256
/** Rows of the state that are compared with the trie at once: about half a millisecond. */
export const rowsPerTurn = 64
/** Published files that may wait to be made durable: bounds what has to be published again after a crash, and the memory for their names. */
export const maxUnsyncedFiles = 20_000
/** Published files that a reason names: more say nothing new. */
export const maxNamedFiles = 5
/** Widths of an unfinished record bundle that stay in the public folder: each may be as large as all of its entries together. */
export const keptPartials = 4
/** How far the clock may lie behind the last entry before the operator is told, in milliseconds: usual corrections are smaller. */
export const clockToleranceMs: number = 60 * 1000
/** How often the operator is told again, in milliseconds. */
export const clockWarningMs: number = 60 * 60 * 1000
/** Folders of a tile's path, one in the other: numbers of tiles have five such groups at most. */
export const maxTileFolders = 5
/** Files of the public folder that are kept in mind as wrong: more are counted, and named the next time. */
export const maxKeptFindings = 10_000
/** Those that a report names: nobody reads more. */
export const maxListedFindings = 100
/** Bytes of a blob that are hashed at once: two milliseconds. */
export const hashedAtOnceBytes: number = 1024 * 1024
