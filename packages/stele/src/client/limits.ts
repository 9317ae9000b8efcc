// Every limit of the client, with its unit and reason.

/** Milliseconds that one command of Git may take: a large history over a slow line takes minutes. */
export const gitTimeoutMs: number = 5 * 60 * 1000
/** Bytes that Git may write for one package: what a tarball may hold. */
export const maxGitBytes: number = 2 ** 30
/** Milliseconds after which a version's publisher is not looked at any more: a stolen account is noticed within days. */
export const ageCheckedMs: number = 30 * 24 * 60 * 60 * 1000
/** Milliseconds that a version must have been there to be chosen, where nothing else is set: most bad ones are found within hours. */
export const minimumAgeMs: number = 24 * 60 * 60 * 1000
/** Milliseconds by which a version may be younger that another package names exactly: they are published together, one after the other. */
export const togetherMs: number = 60 * 60 * 1000
/** Tarballs of one installation: a number of shared memory for each. */
export const maxJobs: number = 100 * 1000
/** Threads that fetch and unpack: more than this keep each other from the disk. */
export const maxThreads = 8
/** Tarballs for which no other thread is started, which takes some 40 ms: the main one has fetched them by then. */
export const fewJobs = 4
/** Tarballs that all threads together ask for at a time: what hides a registry's latency, and does not drown it. */
export const maxAtOnce = 64
/** Milliseconds in which a file can change twice with the same time: kernels read their clock every 4 to 10. */
export const racyMs = 20
/** Milliseconds by which a clock may be wrong before it is worth a word: certificates and release ages count in minutes. */
export const maxClockSkewMs: number = 5 * 60 * 1000
/** Milliseconds until a person is told how far an installation is: most are done by then. */
export const firstProgressMs = 300
/** Milliseconds between two drawings of that line. */
export const progressMs = 100
/** Milliseconds between two lines of a log: enough to see that something goes on. */
export const plainProgressMs: number = 10 * 1000
/** Milliseconds between two looks at whether another process is done. */
export const holdPollMs = 25
/** Milliseconds until somebody else's installation counts as hanging: the largest take some minutes on a slow network. */
export const maxHoldMs: number = 10 * 60 * 1000
/** Milliseconds for which programs that were fetched to be run are taken as they are, where a tag or a range was asked for. */
export const toolFreshMs: number = 24 * 60 * 60 * 1000
/** Kept trees of a store: a lock of each project and branch that somebody works on, some 200 KB each. */
export const maxKeptTrees = 100
/** Bytes of a package.json, a lock, a patch or another file of a project: a lock of 15,000 packages has some 10 MiB. */
export const maxProjectFileBytes: number = 64 * 2 ** 20
/** Bytes of a tarball that a project names by its path: as of those that registries send. */
export const maxTarballBytes: number = 2 ** 30
/** Packages of one workspace. The largest have some thousands. */
export const maxMembers = 20_000
/** Packages from which a second thread is worth its start, some 30 ms. */
export const minSharedPackages = 100
/** Milliseconds in which no thread makes any package until they count as stopped: the largest take seconds on a slow disk. */
export const stagePatienceMs: number = 60 * 1000
/** Milliseconds that the Node of PATH may take to tell its version: it is asked once. */
export const nodeTimeoutMs: number = 10 * 1000
/** Locks of which a store remembers that they were compared with their packages: those of some years of somebody's projects. */
export const maxConfirmedLocks = 10_000
