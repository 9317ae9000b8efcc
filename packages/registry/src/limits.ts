// The limits of this package, each with its unit and its reason.

/**
 * Bytes of a version's full form beside its record, which the rules limit: they are served with every version, and
 * what repeats compresses away, so that its sender pays little.
 */
export const maxExtraBytes: number = 64 * 1024

/** Bytes of all versions of a package in the full form: assembling them must not hold the main thread for 250 ms. */
export const maxPackageBytes: number = 32 * 1024 * 1024

/** Bytes of a tarball that can be published: it is held in memory once, and its base64 beside it. */
export const maxUploadBytes: number = 256 * 1024 * 1024

/** Bytes that an upload may unpack to: it is unpacked in memory, twice over. */
export const maxUploadUnpackedBytes: number = 512 * 1024 * 1024

/** Values of a document: a packument of 2,000 versions, as "npm deprecate" sends it back. The worst takes 200 ms to parse. */
export const maxDocumentValues = 250_000

/** Bytes of a document beside its tarball: as many as all versions of a package may have, as "npm deprecate" sends them back. */
export const maxDocumentBytes: number = maxPackageBytes + 2 * 1024 * 1024

/** Characters from which a string of a body is taken for its tarball, and is not made into a string. */
export const minCutLength: number = 64 * 1024

/** Strings of a body that are looked at for it: a document of as many values has no more. */
export const maxStringsSeen: number = 2 * maxDocumentValues

/** Characters of base64 that are decoded at once; four of them are three bytes. */
export const base64PerStep: number = 64 * 1024

/** Bytes of a body that is read on the thread that answers everybody: nearly all packages, in a millisecond or two. */
export const maxInlineBodyBytes: number = 128 * 1024

/**
 * Bytes that a tarball may unpack to there, and its package.json may have: a bomb of empty files would otherwise take a
 * second, 1 MiB of commands half of one. All together stay below 150 ms.
 */
export const inlineLimits: {
  readonly maxUnpackedBytes: number
  readonly maxManifestBytes: number
} = { maxUnpackedBytes: 2 * 1024 * 1024, maxManifestBytes: 64 * 1024 }

/** Dist-tags of one publish: clients send one. */
export const maxTagsPerPublish = 10

/**
 * How long the same upload by the same account gets the first answer again, in milliseconds (npm-wire H12): a client's
 * own retries end after some 70 s, and a person who publishes a second time should be told.
 */
export const retryWindowMs: number = 90 * 1000

/** Versions that one call removes or deprecates; more are split into several calls. The rules allow 1,000. */
export const maxVersionsPerCall = 500

/** Characters of a JSON value in an error. */
export const maxValueShown = 240

/** Account names that one error lists. */
export const maxNamesShown = 3

/** Characters of an account name in an error. */
export const maxNameShown = 64

/** Bytes of ready packuments kept in memory: some thousand packages as the world uses them. The edge keeps 16 MiB of whole answers beside it. */
export const maxCacheBytes: number = 48 * 1024 * 1024

/** Base addresses that packuments are kept ready for: a registry has one or two, and a stranger may make up any. */
export const maxBaseAddresses = 8

/** How long an address must go without a request before another may take its place, in milliseconds. */
export const baseAddressIdleMs: number = 10 * 60 * 1000

/** Bytes up to which a packument is compressed at once: it takes less time than waking another thread. */
export const syncGzipBytes: number = 8 * 1024

/** Bytes of a packument that are compressed as one piece: so much at most is compressed again where it grows at its end. */
export const gzipPieceBytes: number = 64 * 1024

/** Pieces at its beginning that are compressed well: the rest of what is larger is compressed fast, in a third of the time. */
export const smallGzipPieces = 8

/** Pieces of a packument's versions from which on their end is kept, up to 150 KB: less than that is made anew in a millisecond or two. */
export const grownPieces = 4

/** Brotli's quality: as small as gzip's best, in about its time. */
export const brotliQuality = 5

/** Words of a search that are used: a query is one line. */
export const maxSearchWords = 16

/** Characters of a search that are read. */
export const maxSearchLength = 512

/** Search results on one page, as at npmjs (npm-wire S1). */
export const maxSearchSize = 250

/** Bytes from which on a packument without a coding is shared by all to whom it is being sent. */
export const sharedBytes: number = 1024 * 1024

/** Packages that one call locates: what the rules take. */
export const maxLocatedPerCall = 500

/** Bytes of records and tarballs that one such call brings, but for the first. */
export const maxLocateBytes: number = 1024 * 1024
