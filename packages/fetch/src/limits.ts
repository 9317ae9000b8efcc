// Every limit of the HTTP client, with its unit and reason.

/** Bytes of an answer that is no tarball: the largest packuments have some 100 MB. */
export const maxDocumentBytes: number = 256 * 2 ** 20
/** How many times larger a packument is than its gzip; room for more is made only when it comes. */
export const maxUsualRatio = 40
/** Bytes of a tarball: registries take some 200 MB, and programs with binaries come close. */
export const maxTarballBytes: number = 2 ** 30
/** Bytes of an .npmrc: a person wrote it. */
export const maxNpmrcBytes: number = 2 ** 20
/** Sockets to one host: what keeps a fast registry busy, and a small one alive. */
export const maxSockets = 32
/** How often something is asked for before it is given up. */
export const maxTries = 4
/** Milliseconds before the second try; doubled for each one after. */
export const firstWaitMs = 250
/** Milliseconds without a byte before a try is given up. */
export const idleTimeoutMs: number = 30 * 1000
/** Bytes that an answer must bring in each second, on the whole: less than a modem's, and more than somebody who only holds us up. */
export const minBytesPerSecond = 1024
/** Milliseconds that a registry may ask us to wait (`retry-after`). */
export const maxWaitMs: number = 30 * 1000
/** Redirects of one request. */
export const maxRedirects = 5
/** Bytes of an answer's headers. */
export const maxHeadBytes: number = 32 * 1024
/** Milliseconds for which a packument is used without asking, whatever the registry says: new versions are to be seen the same day. */
export const maxFreshMs: number = 60 * 60 * 1000
/** Packs of packuments before they are made fewer: each is an index to read. */
export const maxPacks = 12
/** Bytes of all packuments that are kept; twice as many as the largest projects need. */
export const maxKeptBytes: number = 512 * 2 ** 20
/** Bytes of packuments that are held before they are written. */
export const maxHeldBytes: number = 4 * 2 ** 20
/** Milliseconds after which a packument that nobody asked for is not kept any more. */
export const keptForMs: number = 90 * 24 * 60 * 60 * 1000
/** Versions of a packument that are kept where they are found fast: those of a handful of projects. */
export const maxReadyVersions = 32
/** Milliseconds after which a pack without an index is nobody's: no command takes that long. */
export const abandonedMs: number = 24 * 60 * 60 * 1000
/** Versions of a packument that are named by their addresses: each is a request. */
export const maxVersionAddresses = 1_000
/** Bytes of what such an address tells: a package.json. */
export const maxVersionBytes: number = 4 * 2 ** 20
/** Bytes of all that those of a packument tell: some ten times what a thousand package.jsons have. */
export const maxVersionsBytes: number = 32 * 2 ** 20
