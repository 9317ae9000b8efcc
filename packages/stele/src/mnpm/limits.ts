// Limits of mnpm's client, each with its unit and its reason.

/** Bytes of an answer of the calls: versions of a package with half a million of them. */
export const maxAnswerBytes: number = 16 * 1024 * 1024

/** Mirrors that are tried: a list that never ends would never fail. */
export const maxMirrors = 64

/** Tarballs, and calls, that are asked for at a time. */
export const maxAtOnce = 8

/** Times that the graph is followed one step further: chains of dependencies have some 40, and each time all of it is resolved. */
export const maxRounds = 256

/** Versions of all packages that are chosen from, in memory: ten thousand packages with two hundred each. */
export const maxVersions = 2_000_000

/** Bytes of a tarball, all of it in memory: a store's files are compared and unpacked at once. */
export const maxTarballBytes: number = 256 * 1024 * 1024

/** Bytes of a tarball that is fetched beside others, in memory: nobody says beforehand how long one is, and a mirror may give what it likes. */
export const maxSharedBytes: number = 16 * 1024 * 1024

/** How long a mirror may take for a tarball, in milliseconds, while others may have it: 16 MiB at 140 KiB a second. */
export const mirrorPatienceMs: number = 120 * 1000
