// Limits of scripts as services, each with its unit and its reason.

/** Services that a factory makes where nobody says otherwise: each holds some 2 MB of memory and 1 MB of disk. */
export const usualMaxVMs = 100
/** How long a service is kept for a call that is not in the log yet, in milliseconds. */
export const unclaimedMs: number = 60 * 1000

/** Random bytes that one request gives: as many as Web Crypto gives at once. */
export const maxRandomBytes = 65_536
/** Bytes of an answer that an oracle fetches: as base64 it still fits in what one call may be told. */
export const maxFetchedBytes: number = 4 * 1024 * 1024
/** Bytes of its headers. */
export const maxFetchedHeaderBytes: number = 32 * 1024
/** How long one fetch may take, redirects and all, in milliseconds: less than the service waits for it. */
export const maxFetchMs = 10_000
/** Fetches of one service at a time; further ones wait for their turn. Bounds the memory for what comes. */
export const maxFetches = 16
/** Redirects of one fetch, as many as browsers once followed and then some. */
export const maxFetchRedirects = 5
/** How long a signed call is valid, in milliseconds: it may wait for others, and for what its oracles ask. */
export const signedForMs: number = 2 * 60 * 1000
/** How far a caller's clock may be off, in milliseconds: so that what it signs is valid for a minute at least, and taken. */
export const maxClockSkewMs: number = 60 * 1000

/**
 * Bytes of what is read of a service at once: a blob, a file, of which a call writes at most 16 MiB, or a folder's listing, half a
 * million names of a hundred bytes.
 */
export const maxFileBytes: number = 64 * 1024 * 1024

/** Bytes of a log, or of files, that a program reads into its memory. */
export const maxReadBytes: number = 1024 * 1024 * 1024
/** Entries of such a log, or files and folders. */
export const maxReadParts = 2_000_000
/** Bytes of a folder's path: an object of the state and a field of it have no more. */
export const maxPathBytes: number = 512 + 1 + 1024
