// Limits of a client of services, each with its unit and its reason.

/** How long a signed call is valid, in milliseconds: it may wait for others, and for what its oracles ask. */
export const signedForMs: number = 2 * 60 * 1000
/** How far a caller's clock may be off, in milliseconds: so that what it signs is valid for a minute at least, and taken. */
export const maxClockSkewMs: number = 60 * 1000

/** How long a server may take to answer a new connection, in milliseconds. */
export const connectTimeoutMs = 15_000
/** Characters of a refusal that are read: those of a service are a few lines. */
export const maxRefusalChars: number = 64 * 1024
