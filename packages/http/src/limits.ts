// The limits of this package, each with its unit and its reason.

const kib = 1024
const mib = 1024 * kib
const secondMs = 1000
const minuteMs = 60 * secondMs

/** Bytes of a publish document, decoded: npmjs takes 100 to 200 MB; the tarball in it is a third longer as base64. */
export const defaultMaxUploadBytes: number = 128 * mib

/** Bytes of any other JSON body. */
export const maxJsonBytes: number = 1 * mib

/** Bytes of a log-in or token request: a stranger may send it. */
export const maxLogInBytes: number = 16 * kib

/** Bytes of a proof request: 5,000 queries with names of usual length. */
export const maxProofRequestBytes: number = 4 * mib

/** Bytes of bodies in memory at once, over all requests: four of the largest uploads. */
export const maxBufferedBytes: number = 4 * defaultMaxUploadBytes

/** Bytes of a refused body that are read and dropped, so that a client still sending sees the answer. */
export const maxDrainBytes: number = 8 * mib

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

/** Requests of one connection that wait behind the one being answered: no client of a registry sends any ahead. */
export const maxPipelined = 32

/** Characters of one path segment, decoded: the longest name, scope and version with room to spare. */
export const maxSegmentLength = 1_024

/** Bytes below which compressing an answer gains nothing. */
export const minGzipBytes = 1_024

/** What a client is told to wait when the server is busy, in seconds. */
export const busyRetryS = 5

/** Members of an Accept-Encoding, Forwarded or If-None-Match list that are looked at. */
export const maxListMembers = 64

/** Search results on one page, as at npmjs. */
export const maxSearchSize = 250

/** The last search result that can be asked for: deeper paging is a crawl, for which there is the log. */
export const maxSearchFrom = 100_000

/** Tokens on one page. */
export const maxTokensPage = 100
