// Limits of mirrors, each with its unit and its reason.

/** Tarballs that are asked for at a time: enough that none waits for the way there and back. */
export const tarballsAtOnce = 8

/** Tarballs that a registry answers for with a fault of its own, in one run: more is no fault of single files, and each costs seconds. */
export const maxServerFaults = 100

/** Packuments that wait for one sync of the disk: more would spare little. */
export const packumentsAtOnce = 256

/** Bytes of packuments in memory at a time, beside the one that is larger. */
export const maxPackumentBytesAtOnce: number = 16 * 1024 * 1024

/** Bytes of tarballs in memory at a time, beside the one that is larger. */
export const maxBytesAtOnce: number = 32 * 1024 * 1024

/** Bytes that a packument may have beyond twice what the log makes of it, when it is checked: so that what is added is told by its name. */
export const maxPackumentSlackBytes: number = 1024 * 1024

/** What is wrong with a mirror, as far as a report names it: more than anybody mends one by one. */
export const maxFaultsTold = 100

/** Characters of what rsync complains of: the last lines tell why. */
export const maxRsyncText = 4000

/** Places that a mirror is pushed to at a time: each is a process, and reads all of the folder. */
export const maxPushesAtOnce = 16

/** Bytes that are copied into a pack at once. */
export const copyBytes: number = 1024 * 1024

/** Files of a pack: a log of a billion entries has as many tiles. */
export const maxPackedFiles: number = 16 * 1024 * 1024

/** Bytes of a path in a pack: a blob's has 143. */
export const maxPathBytes = 1024

/** Releases that a report names: more than people read. */
export const maxSpecsTold = 20

/** Bytes of what a run keeps beside the replay: a line of every package, of which there are some millions. */
export const maxStateHeaderBytes: number = 256 * 1024 * 1024

/** What is kept of a log is written anew when a part of 1/64 of it is new: following that costs less than writing it each time. */
export const maxStatesBehind = 64

/** Bytes of a file's name: what common disks hold. Names of packages have up to 214, and versions up to 256. */
export const maxFileNameBytes = 255

/** Bytes of a tarball: larger ones cannot be published, and one is in memory at a time, whatever a log says. */
export const maxTarballBytes: number = 1024 * 1024 * 1024
