// Every limit of the HTTP client, with its unit and reason.

/** Bytes of an answer that is no tarball: the largest packuments have some 100 MB. */
export const maxDocumentBytes: number = 256 * 2 ** 20
/** Bytes of a tarball: registries take some 200 MB, and programs with binaries come close. */
export const maxTarballBytes: number = 2 ** 30
/** Sockets to one host: what keeps a fast registry busy, and a small one alive. */
export const maxSockets = 32
/** How often something is asked for before it is given up. */
export const maxTries = 4
/** Milliseconds before the second try; doubled for each one after. */
export const firstWaitMs = 250
/** Milliseconds without a byte before a try is given up. */
export const idleTimeoutMs: number = 30 * 1000
/** Redirects of one request. */
export const maxRedirects = 5
/** Bytes of an answer's headers. */
export const maxHeadBytes: number = 32 * 1024
