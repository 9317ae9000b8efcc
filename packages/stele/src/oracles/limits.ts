// Limits of what oracles ask outside, each with its unit and its reason.

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
