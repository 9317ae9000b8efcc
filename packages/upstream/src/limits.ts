// The limits of this package, each with its unit and its reason.

/** Versions that could not be taken in, of which the operator is told: a note, not a list. */
export const maxDroppedShown = 20

/** Different things that failed in a row, after which an upstream is left alone: one package that it cannot serve is no reason. */
export const breakerFailures = 5

/** Different things that were not answered in time: while it hangs, each one costs somebody that long. */
export const breakerLate = 2

/** How long it is left alone at first, in milliseconds; it doubles with each failed try. */
export const breakerRestMs: number = 2 * 1000

/** How long at most, in milliseconds: a person who mended it should not have to wait. */
export const maxBreakerRestMs: number = 60 * 1000

/** How long one question keeps others from trying an upstream that fails, in milliseconds: it may wait behind other work. */
export const maxTryMs: number = 60 * 1000

/** How long what an upstream said is served without asking again, also that it has no such package, in milliseconds, where the operator says nothing. */
export const freshMs: number = 60 * 1000

/** As long as the operator may say, in milliseconds: new versions, and deprecations, come later by as much. */
export const mostFreshMs: number = 24 * 60 * 60 * 1000

/**
 * Bytes of a packument as it comes over the network, and without its coding, where the operator says nothing: the largest
 * that is known has 21 MB, and reading it takes ten times as much.
 */
export const packumentBytes: number = 32 * 1024 * 1024

/** As few as the operator may say: nearly every packument has less. */
export const leastPackumentBytes: number = 1024 * 1024

/** As many: reading one of them takes 1.3 GB. */
export const mostPackumentBytes: number = 128 * 1024 * 1024

/** Values of a packument: 3,000 versions with everything that is said of them have a million. */
export const maxPackumentValues = 2_000_000

/** Bytes that cannot hold as many: counting them first takes longer than JSON.parse() does. */
export const freePackumentBytes: number = 2 * maxPackumentValues

/** Bytes from which on a packument is a large one, with its coding or without: one of those is read at a time. */
export const largePackumentBytes: number = 1024 * 1024

/** How long one of them may take to come, in milliseconds: other large ones of its upstream wait for it. */
export const largePackumentMs: number = 60 * 1000

/** Bytes that are made room for when a coding is taken off, at least: what says that it is tiny may be more. */
export const leastDecodedBytes: number = 4 * 1024

/** As many at most at once, whatever it says: what follows is asked room for in turn. */
export const maxDecodedChunkBytes: number = 2 * 1024 * 1024

/** Bytes of templates that nobody read yet, beside those that are kept: what a few clients wait for at a time. */
export const maxReadyBytes: number = 4 * 1024 * 1024

/** How long an answer is served on when its upstream does not answer, before that is asked again, in milliseconds. */
export const staleMs: number = 10 * 1000

/** How old the answer may be that an upstream has no package of a name that is published here, in milliseconds: npm looks, then sends. */
export const maxAskedToPublishMs: number = 60 * 1000

/** How long somebody who publishes is told so, before its upstream is asked again, in milliseconds. */
export const unsureMs: number = 10 * 1000

/** Names of which that is remembered. */
export const maxUnsureKept = 1000

/** How often a package is asked for at once because somebody wants a version that it did not have, in milliseconds. */
export const askAgainMs: number = 5 * 1000

/** Packages that were asked for so, and are remembered: more than anybody can ask for in that time. */
export const maxAskedAgain = 10_000

/** Packuments of which it is known that their upstreams could not be asked for them just now. */
export const maxFailedKept = 10_000

/** Other records of releases that were compared with their tarballs: each takes a thread some milliseconds. */
export const maxCorrectingKept = 10_000

/** Conflicts, and differing records, that are logged of one packument: an upstream that changes all of it is one event. */
export const maxConflictsPerTaking = 20

/** Conflicts of one version that are logged: the rules refuse more, and a refused call would be an entry of the log too. */
export const maxConflictsPerVersion = 20

/** Releases that are chosen, or taken apart, in one call: 100 take some 20 ms, and the rules take more. */
export const maxReleasesPerBatch = 100

/** Bytes of a tarball that is waited for as a whole: most are smaller, and come in one piece. */
export const maxWholeBytes: number = 256 * 1024

/** Bytes that are read at once of a tarball that is still coming. */
export const tailBytes: number = 256 * 1024

/** Bytes of a tarball of an upstream: as large as any there is. */
export const maxTarballBytes: number = 1024 * 1024 * 1024

/** Bytes that tarballs may take, where the operator says nothing: those of some 100,000 releases. */
export const spaceBytes: number = 10 * 1024 ** 3

/** As few as the operator may give them: one large release. */
export const leastSpaceBytes: number = 1024 ** 2

/** As many: more than any registry has. */
export const mostSpaceBytes: number = 1024 ** 5

/** Bytes of the advisories that an upstream tells at once, with and without their coding: of 1,500 packages some 300 KB. */
export const maxAdvisoryBytes: number = 8 * 1024 * 1024

/** How long advisories, and what a search found, are told on, in milliseconds: a team's machines install the same within that. */
export const keptAnswerMs: number = 60 * 1000

/** Answers about advisories that are kept, each some 100 KB with its question. */
export const maxKeptAdvisories = 16

/** Versions that are held back of which npm prints the reason, beside the number of the others. */
export const maxReasonsShown = 5

/** Packuments of which it is remembered what of them is held back. */
export const maxScreenedKept = 10_000

/** As young as the operator may want a version to be at least, in milliseconds: less is a number that was meant as days. */
export const leastMinimumAgeMs: number = 60 * 1000

/** As old as the operator may want a version to be, in milliseconds: a year. */
export const mostMinimumAgeMs: number = 365 * 24 * 60 * 60 * 1000

/** Redirects that are followed for one file. */
export const maxRedirects = 3

/** How long an upstream may take to answer, in milliseconds, where the operator says nothing: npm's own patience is longer. */
export const timeoutMs: number = 15 * 1000

/** How often it is tried to learn what a tarball holds, or to compare it with another record, while the process runs: one that cannot be read takes a thread long. */
export const maxLearningTries = 3

/** Packages that are looked through at once for releases of which nothing is known yet: each takes some 0.1 ms. */
export const namesPerLook = 50

/** Releases of which such a failure is remembered. */
export const maxTriesKept = 10_000

/** What the operator is told to wait where the server stops, in seconds. */
export const stoppingRetryS = 5

/** Bytes of a page of a search: 250 packages take some 400 KB. */
export const maxSearchBytes: number = 4 * 1024 * 1024

/** Packages of one page of a search that an upstream is asked for, as npm's registry limits it. */
export const maxSearchSize = 250

/** Pages of searches that are kept, each some 40 KB. */
export const maxKeptSearches = 64

/** Bytes that packing fills before it asks for room again: most packuments fit into them. */
export const packChunkBytes: number = 64 * 1024
