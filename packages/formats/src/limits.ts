// The limits of this package, each with its unit and its reason.

/** Nested arrays and objects in any JSON that we read or write: far beyond real data, far below the stack. */
export const maxJsonDepth = 128

/** Characters outside strings, and escapes within, for each value that a bounded JSON text may have: indented numbers need as many. */
export const maxStepsPerValue = 32

/** How many values one counts for in a bounded JSON text with an escaped key: reading those costs as much more. */
export const escapedKeyCost = 4

/** Characters of a package name, scope included: the longest that npm allows. */
export const maxNameLength = 214

/** Characters of a version: what the semver library takes. */
export const maxVersionLength = 256

/** Characters of a dist-tag: as long as a name, so that it is one path segment everywhere. */
export const maxTagLength = 214

/** Characters of an integrity text from outside: a dozen hashes of the longest kind. */
export const maxIntegrityLength = 2048

/** Characters of a dependency specifier that is looked at as a git address; longer ones are left as they are. */
export const maxGitSpecifierLength = 2048

/** Lines of one chunk: the most versions that one packument adds at once (the largest known has 30,000). */
export const maxChunkLines = 200_000

/** Bytes of a package.json: the largest known stay below 1 MB, and every packument repeats it. */
export const maxPackageJsonBytes: number = 4 * 2 ** 20

/** Commands that `directories.bin` may expand to: a package of many files could otherwise make a record of gigabytes. */
export const maxExpandedCommands = 10_000

/** Segments of a path below `directories.bin` that is still looked at, for the same reason. */
export const maxCommandDepth = 32
