// The limits of asking upstreams, each with its unit and its reason.
import type { RateLimit } from '@stele/accounts'

/** Connections to one upstream: what browsers and package managers open, several times over. */
export const maxUpstreamSockets = 32

/** How long a question waits for one of them, in milliseconds: package managers wait five minutes at most. */
export const maxTurnMs: number = 4 * 60 * 1000

/** Bytes that have to come in a second, while an answer comes: less is nobody's network. */
export const leastBytesPerSecond = 1024

/** Bytes of an answer that nobody wants, which are read to keep its connection: it is cheaper than a new one. */
export const maxUnreadBytes: number = 64 * 1024

/** Bytes of a packument that is read on the thread that answers everybody: a third of a millisecond. */
export const inlinePackumentBytes: number = 16 * 1024

/** How long one packument or tarball may take, in milliseconds: the largest take some five seconds. */
export const readingTimeoutMs: number = 60 * 1000

/** How long a thread without work is kept, in milliseconds: it holds some 30 MB, and starts in 100 ms. */
export const readingIdleMs: number = 15 * 1000

/** Characters of why a tarball cannot be taken apart: the rules take no more. */
export const maxReasonLength = 1000

/** What one address may want that is not here yet: a large application has 1,500 packages and as many tarballs. */
export const coldByAddress: RateLimit = { limit: 10_000, windowMs: 10 * 60 * 1000 }

/** What all may want together: as many as the log takes beside its other calls. */
export const coldInAll: RateLimit = { limit: 60_000, windowMs: 10 * 60 * 1000 }

/** What a client is told to wait where reading failed, in seconds. */
export const readingRetryS = 5

/** Audits and searches for one address: each install makes an audit, and a team's machines may share an address. */
export const questionsByAddress: RateLimit = { limit: 1000, windowMs: 10 * 60 * 1000 }

/** The same for all together. */
export const questionsInAll: RateLimit = { limit: 5000, windowMs: 10 * 60 * 1000 }

/** Registries that a question may have come through: no sensible chain is longer. */
export const maxHops = 8

/** Bytes that decoding fills before it asks for room again: each time costs a turn of the thread that answers everybody. */
export const decodeChunkBytes: number = 128 * 1024

/** Bytes that are decoded without waiting for a turn: nearly every packument is smaller. */
export const decodedAtOnceBytes: number = 4 * 1024 * 1024

/** Bytes that are read at once of a tarball that is taken apart. */
export const tarballPieceBytes: number = 256 * 1024

/** Bytes that the objects and texts of what is read may take, for each byte of the largest packument: those take 6. What takes more ends the thread. */
export const readingHeapFactor = 8

/** Megabytes that they may take in any case: tarballs are read there too. */
export const leastReadingHeapMegabytes = 256

/** Bytes of a packument after which the thread is ended, once nothing waits: it keeps the memory that it took. */
export const swellingBytes: number = 16 * 1024 * 1024

/** How long no request must come before work behind them begins, in milliseconds: while something is installed, they come faster. */
export const behindQuietMs = 1_000

/** How long it waits at most, in milliseconds: a busy registry is never quiet. */
export const behindMostMs: number = 30 * 1000

/** Pieces of it that are done at once: what is asked for meanwhile waits for them. */
export const behindAtOnce = 2

/** Pieces that wait, each with less than a KB: the rest is looked for when they are done. */
export const maxBehind = 5_000
