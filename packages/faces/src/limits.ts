// The limits of this package, each with its unit and its reason.

const kib = 1024
const mib = 1024 * kib

/** Bytes of a publish document, decoded: npmjs takes 100 to 200 MB; the tarball in it is a third longer as base64. */
export const defaultMaxUploadBytes: number = 128 * mib

/** What an operator may set it to: above `maxLargeBytes` of @stele/http there is one such upload at a time. */
export const largestMaxUploadBytes: number = 256 * mib

/** Bytes of a log-in or token request: a stranger may send it. */
export const maxLogInBytes: number = 16 * kib

/** The last search result that can be asked for: deeper paging is a crawl, for which there is the log. */
export const maxSearchFrom = 100_000

/** Tokens on one page. */
export const maxTokensPage = 100

/** Bytes of a module that mnpm puts, as JSON with base64: undoing both takes some 50 ms. npm publishes what is larger. */
export const maxModuleBytes: number = 12 * mib

/** Names that a notice to a person lists. */
export const maxShownNames = 10

/** Conflicts on a page. */
export const maxConflictsShown = 200

/** Where a page of them may begin. */
export const maxConflictsFrom = 1_000_000

/** How long it is taken for granted that an upstream's tarball is still here, in milliseconds: half as long as one that was found is left alone. */
export const heldTarballMs: number = 30 * 1000

/** Bytes of a message of JSON-RPC: the arguments of a call may have 1 MiB. */
export const maxFrameBytes: number = 2 * mib

/** Values in one. */
export const maxRpcValues = 50_000

/** Calls of one connection that may wait; whoever sends more is not read until some are answered. */
export const maxCallsWaiting = 256

/** Characters of the calls of one connection that wait. */
export const maxCallsBytes: number = 4 * mib

/** Requests in a batch: as many as one connection may have waiting. */
export const maxBatch = 256

/** Characters of the answers to a batch, which are held until the last is there. */
export const maxBatchAnswerChars: number = 8 * mib

/** Bytes of answers that wait for their clients to read them, over all connections of a server; one answer has at most 8 MiB. */
export const maxHeldAnswerBytes: number = 64 * mib

/** Bytes of answers that a client has not read, after which nothing more of it is read. */
export const maxUnreadBytes: number = 4 * mib

/** How often a client that only waits is asked whether it is there, in milliseconds: the edge closes what is silent for two minutes. */
export const pingMs: number = 30 * 1000

/** Characters of a caller's name. */
export const maxUserLength = 200

/** Characters of a log's origin, as a signed call names it. */
export const maxOriginLength = 1_000

/** Entries on a page of a service's calls. */
export const maxEntriesShown = 100

/** Bytes of a call, or of its answer, that are read to be shown: what is longer is told by its size. */
export const maxPartShown: number = 64 * kib

/** Bytes of all that is read for a page: taking so much apart takes some 50 ms. */
export const maxPageBytes: number = 2 * mib

/** Characters of a call, or of its answer, on such a page. */
export const maxShownText = 1_000

/** Services that the page of a factory names: more than people look through. */
export const maxServicesShown = 1_000

/** Packages that the root of the CommonJS tree names: what one query reads in some 50 ms. Above that people search. */
export const maxListedPackages = 50_000

/** Bytes of a release whose files are shown one by one, packed and unpacked: taking as much apart holds the thread some 100 ms. */
export const maxContentsBytes: number = 32 * mib

/** Bytes of releases that are kept unpacked. */
export const maxContentsKeptBytes: number = 64 * mib

/** Requests that wait for a release to be unpacked, one after the other. */
export const maxContentsWaiting = 64

/** Digests of zips that are remembered: 100 bytes each. */
export const maxKeptShasums = 10_000

/** Bytes of an archive that is uploaded, which is held whole. */
export const maxArchiveBytes: number = 32 * mib

/** Bytes of an address to upload from, as a form or as JSON. */
export const maxAddressBytes: number = 8 * kib

/** Fields of a form, and bytes of the headers of each: an upload has one. */
export const maxFormParts = 16
export const maxFormHeadBytes: number = 4 * kib

/** Archives that are fetched from addresses at once, and of them those of one account: each is held whole. */
export const maxArchivesFetched = 2
export const maxArchivesFetchedByAccount = 1

/** Uploads that wait for the one that is being unpacked. */
export const maxUploadsWaiting = 16

/** Characters of a filter of packs, and how deep its brackets go. */
export const maxFilterLength = 1000
export const maxFilterDepth = 20

/** Versions that one question for packs may read: some 20 µs each. */
export const maxPacksRead = 5_000

/** Questions for packs that wait for the one that is being read. */
export const maxPacksWaiting = 64

/** How long work of many pieces holds the thread before all others have their turn, in milliseconds. */
export const maxHeldMs = 10

/** Packs of an answer. */
export const maxPacksShown = 1_000

/** Packs on a page for people. */
export const packsOnPage = 50

/** Letters and scopes that the page of the JS Registry leads to. */
export const maxBeginningsShown = 200
