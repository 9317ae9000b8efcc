// The limits of the rules, each with its unit and its reason.

/** Characters of a package name with its scope: what every client and registry allows. */
export const maxNameLength = 214

/** Characters of a version: what the clients' semver library takes. */
export const maxVersionLength = 256

/** Characters of a tag: a file name on every system, percent-encoded too. */
export const maxTagLength = 80

/** Characters of a release record: a thousand dependencies of every kind fit. */
export const maxRecordLength: number = 256 * 1024

/** Characters of a deprecation message: a paragraph, printed at every install. */
export const maxMessageLength = 4096

/** Tags that one publish may set. */
export const maxTagsPerPublish = 10

/** Tags of one package: a removal reads them all, and must stay within what one call may do. */
export const maxTagsPerPackage = 1000

/** Versions that one call may deprecate or remove; more take more calls. */
export const maxVersionsPerCall = 1000

/** Accounts that share a reservation: the people of a large team, in one value. */
export const maxHoldersPerName = 100

/** Accounts that a refusal names: a message is one line. */
export const maxHoldersShown = 3

/** Lines of a chunk: more versions than any package has. */
export const maxLinesPerChunk = 200_000

/** Releases that one call chooses or takes apart: an application of a thousand packages in a few calls. */
export const maxReleasesPerCall = 500

/** Other bytes that are recorded of one version: an upstream that swaps them daily must not grow the log for ever. */
export const maxConflictsPerVersion = 20

/** Characters of why an observed tarball cannot be unpacked. */
export const maxReasonLength = 1000

/** Packages that one call locates: a folder of a thousand in a few calls. */
export const maxLocatedPerCall = 500
