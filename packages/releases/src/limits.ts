// The limits of this package, each with its unit and its reason.

/** Bytes of a package.json that can be published: it is served to everyone, with each version. */
export const maxManifestBytes: number = 1024 * 1024

/** Characters of a readme that is kept; the rest is cut off, as the public registry does. */
export const maxReadmeLength: number = 64 * 1024

/** Characters of a description that is kept: it is shown on one line. */
export const maxDescriptionLength = 1024

/** Characters of a value in a finding. */
export const maxShownLength = 200

/** Bytes of a packument: the largest ones of public registries have some 100 MB. */
export const maxPackumentBytes: number = 512 * 1024 * 1024
/** Bytes of a list of tags, a manifest, or a page of a search. */
export const maxAnswerBytes: number = 64 * 1024 * 1024
/** Bytes of a tarball: larger ones cannot be published. */
export const maxTarballBytes: number = 1024 * 1024 * 1024
/** Results of one page of a search. */
export const searchPageSize = 250
/** Pages of a search that are read: two and a half million packages. */
export const maxSearchPages = 10_000
/** Faults of a search after which no more of it is read: more than a report names. */
export const maxSearchFaults = 200
/** Members of one packument that a report names as unknown. */
export const maxShownMembers = 5
/** Accounts whose lists of stars are asked for, each by a request. */
export const maxStarLists = 1000

/** Bytes of a chunk: as many lines as there may be, each as long as its longest. */
export const maxChunkBytes: number = 100 * 1024 * 1024

/** Bytes of a tarball that are handed over at once where it is read a piece at a time. */
export const packedPieceBytes: number = 64 * 1024

/** Bytes of what a registry answers to a ping. */
export const maxPingBytes = 4096
