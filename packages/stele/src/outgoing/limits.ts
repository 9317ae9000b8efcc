// The limits of fetching archives that somebody names, each with its unit and its reason.

/** How long an answer may take to begin, and how long it may be silent, in milliseconds. */
export const archiveSilenceMs: number = 10 * 1000

/** How long the whole archive may take, in milliseconds: 32 MiB at 4.5 Mbit/s. Whoever wants it waits meanwhile. */
export const maxArchiveMs: number = 60 * 1000

/** Redirects: what hosts of files need, and then some. */
export const maxArchiveRedirects = 5
