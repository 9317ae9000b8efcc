// The limits of this package, each with its unit and its reason.

const kib = 1024
const mib = 1024 * kib
const secondMs = 1000
const minuteMs = 60 * secondMs

/** Bytes of a JSON body, where its route does not say otherwise. */
export const maxJsonBytes: number = 1 * mib

/** Values of it: the worst takes 20 ms to parse. A proof request of 5,000 queries has 15,002. */
export const maxJsonValues = 20_000

/** Bytes from which on a body waits for its turn. */
export const largeBodyBytes: number = 256 * kib

/** Bytes of smaller bodies, and of the beginnings of those that wait, in memory at once: as many as one address has connections. */
export const maxBufferedBytes: number = 64 * mib

/** Bytes of large bodies in memory at once: one upload of 128 MiB, the largest by default, or several smaller ones. */
export const maxLargeBytes: number = 128 * mib

/** How long a large body may wait for its turn, in milliseconds: npm gives up after five minutes. */
export const maxTurnWaitMs: number = 4 * minuteMs

/** Addresses of which it is known when they had a turn. */
export const maxTurnsKept = 1_000

/** Bytes that have to come in a period of a body that has its turn while others wait: 2.2 Mbit/s. */
export const awaitedPaceBytes: number = 8 * mib

/** The part of that which one address, or one account, may have: what is left takes the largest upload of somebody else. */
export const maxSenderParts = 0.75

/** How often it is looked at whether a body still comes, in milliseconds. */
export const bodyPaceMs: number = 30 * secondMs

/** Bytes that have to come meanwhile, 2 KiB a second: a poor mobile line has twice that. */
export const minPaceBytes: number = 60 * kib

/** How many times what was sent a body may be once gzip is undone: the most repetitive JSON that npm sends comes to 26, a bomb to 1,000. */
export const maxInflation = 100

/** Bytes that it may be in any case. */
export const freeInflatedBytes: number = 1 * mib

/** Bytes of the first block that a body is put into: what a small one holds, whatever its chunks are. */
export const firstBlockBytes: number = 4 * kib

/** Bytes of a body that nobody reads yet after which its connection pauses; one read of the socket, 64 KiB, may come on top. */
export const maxUnreadBytes: number = 4 * kib

/** Bytes of the largest: what a body may hold beyond what has come of it. */
export const maxBlockBytes: number = 1 * mib

/** Bytes of a chunk that is kept as it came, if it is most of the memory it holds on to: Node reads 64 KiB at once. */
export const keptChunkBytes: number = 16 * kib

/** Chunks of a body after which their sizes are looked at. */
export const chunksPerLook = 1_000

/** Bytes that they must have on average: a chunk of one byte costs six to send, and the loop as much as one of 4 KiB. */
export const minMeanChunkBytes = 64

/** Bytes of a body that are copied before others have a turn: it takes a millisecond or two, 128 MiB some 200. */
export const joinedPerTurnBytes: number = 1 * mib

/** Bytes of a refused body that are read and dropped, so that a client still sending sees the answer. */
export const maxDrainBytes: number = 8 * mib

/** Bytes that each chunk of it counts at least: tiny ones cost far more than what they carry. */
export const drainedChunkBytes: number = 1 * kib

/** How long nothing may come of it before the answer ends, in milliseconds. */
export const drainQuietMs = 250

/** For how long they are. */
export const maxDrainMs: number = 5 * secondMs

/** Bytes of the request line and all headers. */
export const maxHeaderBytes: number = 16 * kib

/** Headers of one request. */
export const maxHeaderCount = 100

/** Time to send all headers: slower ones only hold a connection. */
export const headersTimeoutMs: number = 15 * secondMs

/** Time to send a whole request: 128 MiB at 1.8 Mbit/s. */
export const requestTimeoutMs: number = 10 * minuteMs

/** Time without a byte either way, while a request runs or an answer is sent. */
export const idleTimeoutMs: number = 2 * minuteMs

/** Time an unused connection stays open: over 30 s, so that an install does not meet resets (npm-wire P13). */
export const keepAliveMs: number = 65 * secondMs

/** Connections at once. */
export const maxConnections = 10_000

/** Connections of one address (an IPv6 /64 counts as one) at once: sixteen installs, each with the 15 that npm opens. */
export const maxConnectionsPerAddress = 256

/** Requests of one connection that wait behind the one being answered: no client of a registry sends any ahead. */
export const maxPipelined = 32

/** Bytes of their bodies, all together: a body that is whole makes way for the next, whatever it holds. */
export const maxPipelinedBytes: number = 64 * kib

/** Bytes from which on an answer is a large one: most packuments have less, and files are sent as they are read. */
export const largeAnswerBytes: number = 1 * mib

/** Bytes of large answers in memory at once, each as often as it is made, not as it is sent. */
export const maxAnswerBytes: number = 96 * mib

/** The part of that which answers to one address may have. */
export const maxReaderParts = 0.5

/** How long one may be on its way before another that needs its room has it: 32 MiB at 9 Mbit/s. */
export const staleAnswerMs: number = 30 * secondMs

/** Characters of one path segment, decoded: the longest name, scope and version with room to spare. */
export const maxSegmentLength = 1_024

/** Bytes below which compressing an answer gains nothing. */
export const minGzipBytes = 1_024

/** What a client is told to wait when the server is busy, in seconds. */
export const busyRetryS = 5

/** Members of an Accept-Encoding, Forwarded or If-None-Match list that are looked at. */
export const maxListMembers = 64

/** Connections at once that went over to another protocol: each holds a place and may hold memory for long. */
export const maxSwitched = 1_000

/** The life of such a connection: clients come back, and what holds on to nothing is let go. */
export const maxSwitchedMs: number = 60 * minuteMs

/** Bytes of whole answers that are kept ready; most of them are the same memory as what the registry keeps. */
export const maxReadyBytes: number = 32 * mib

/** How many they are: each has its headers twice. */
export const maxReadyAnswers = 4_096

/** Characters of what tells one from another: longer addresses are nobody's habit. */
export const maxReadyKeyLength = 1_024

/** Requests that are remembered as asked for once. */
export const maxSeenKeys = 8_192

/** Bytes of a file that is read at once: a stream costs more than the reading. Larger ones would hold the loop where the disk is cold. */
export const maxWholeFileBytes: number = 256 * kib

/** Buffers for that which are kept for the next file. */
export const maxSpareBuffers = 32

/** Characters of an error in the status line: a sentence with a name in it. */
export const maxReasonLength = 240
