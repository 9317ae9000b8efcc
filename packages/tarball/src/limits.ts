// The limits of this package, each with its unit and its reason.

/** What readTarball() may be asked to take. */
export type TarballLimits = {
  /** Bytes of the archive inside the gzip, headers included. */
  readonly maxUnpackedBytes: number
  /** Files that are kept. */
  readonly maxFiles: number
  /** How many times its own size a tarball may unpack to; from `ratioFreeBytes` on. */
  readonly maxRatio: number
  /** Bytes that any tarball may unpack to, however small it is. */
  readonly ratioFreeBytes: number
}

/** The limits of release.md, "Files digest"; the ratio is ours, against bombs: real packages stay below 100. */
export const defaultLimits: TarballLimits = {
  maxUnpackedBytes: 4 * 2 ** 30,
  maxFiles: 200_000,
  maxRatio: 200,
  ratioFreeBytes: 64 * 2 ** 20,
}

/** Header blocks for each file that is allowed: long names, times and folders take some, a bomb takes more. */
export const maxHeadersPerFile = 4

/** Bytes of one path segment: what file systems hold. */
export const maxSegmentBytes = 255

/** Bytes of a path inside the package: what file systems hold. */
export const maxPathBytes = 4096

/** Bytes of an extended header or long name: npm ignores longer ones. */
export const maxExtendedBytes: number = 2 ** 20

/** Bytes of a README that is shown. */
export const maxReadmeBytes: number = 2 ** 20

/** Bytes of a package.json, or of a README, of a tarball that is read a piece at a time: larger ones are refused, or not shown. */
export const maxKeptBytes: number = 2 ** 20

/** Bytes of all that looks like one of those, in one pass: where there is more, a second one takes the right ones. */
export const maxKeptTotalBytes: number = 4 * 2 ** 20
