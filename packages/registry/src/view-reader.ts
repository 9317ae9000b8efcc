// The port through which the views are read. Storage implements it; what is planned by views.ts comes back here.
import type { Form } from '@stele/releases/release'

/**
 * A package in the views. `latest` is null when every version was removed. Times are in milliseconds since 1970.
 * `starEntry` is the last entry by which somebody starred it or took a star back, -1 when there is none.
 * `fullBytes` is the size of all its versions' full forms together. `reshapes` counts what was removed or replaced: while
 * it stays the same, its versions have only become more.
 */
export type PackageRow = {
  readonly rev: string
  readonly createdMs: number
  readonly modifiedMs: number
  readonly latest: string | null
  readonly starEntry: number
  readonly fullBytes: number
  readonly reshapes: number
}

/** What stands around the piece of each version in a packument. */
export type VersionFrame = {
  /** Before it. */
  readonly open: string
  /** After it, by version. */
  readonly tails: ReadonlyMap<string, string>
  /** After that, around the publisher as a JSON text, where there is one; absent: it is not told. */
  readonly publisher?: readonly [before: string, after: string]
  readonly close: string
  /** Only what later entries than this one published. */
  readonly after?: number
}

/** The versions of a package, in the order of their publishing, as members of JSON objects without their braces. */
type JoinedVersions = {
  /** Version to its piece and what stands around it, UTF-8. */
  readonly versions: Uint8Array
  /** Version to when it was published, an ISO time with milliseconds. */
  readonly times: string
  /** The last entry that published one of them; undefined where there are none. */
  readonly lastEntry: number | undefined
}

/** What the views keep of a version, but its long texts. `summary` is a JSON object. */
export type VersionDetail = {
  readonly entry: number
  readonly timeMs: number
  readonly publisher: string | null
  readonly tags: readonly string[]
  readonly summary: string
}

/**
 * A search, taken apart: what must match. `words` and `keywords` are lower-case letters and digits, each a prefix;
 * `exact` is the whole text, for the package of that very name; `scope` is `@scope`; `maintainer` an owner's account.
 */
export type SearchTerms = {
  readonly exact: string
  readonly words: readonly string[]
  readonly keywords: readonly string[]
  readonly scope?: string
  readonly maintainer?: string
}

/** The page `[from, from + size)` of a search. */
export type SearchPage = SearchTerms & { readonly from: number; readonly size: number }

/** What an upstream changed under a version's number: its tarball, or the record of the same bytes (its dependencies and the like). */
export type ChangedPart = 'tarball' | 'record'

/** What an upstream showed otherwise than at first, which was refused. `entry` is where the log first says so. */
export type ConflictRow = {
  readonly name: string
  readonly version: string
  readonly what: ChangedPart
  /** What was refused: the integrity of its bytes, SRI, or the SHA-256 of its record, hex. */
  readonly shown: string
  readonly seenMs: number
  readonly entry: number
}

/** A page of them, the newest first; of one part alone where one is named. */
export type ConflictsAsk = {
  readonly from: number
  readonly size: number
  readonly what?: ChangedPart | undefined
}

/** How many there are of each part, whichever page is asked for. */
export type ConflictCounts = { readonly [P in ChangedPart]: number }

/** What the views answer. Removed versions are not in them. */
export type ViewReader = {
  /** Runs reads that see one moment, those of the state too. */
  readonly snapshot: <T>(read: () => T) => T
  readonly package: (name: string) => PackageRow | undefined
  /** The versions that are there, put together: a row of each would be a hundred times as many objects. */
  readonly joined: (name: string, form: Form, frame: VersionFrame) => JoinedVersions
  /** Their numbers alone, in the order of their publishing. */
  readonly versionNames: (name: string) => readonly string[]
  readonly version: (name: string, version: string) => VersionDetail | undefined
  /** A long text of a version: its full form, or its readme. */
  readonly text: (name: string, version: string, which: 'full' | 'readme') => string | undefined
  /** The packages that an account starred, by name. */
  readonly starredBy: (account: string) => readonly string[]
  readonly conflicts: (page: ConflictsAsk) => {
    readonly counts: ConflictCounts
    readonly found: readonly ConflictRow[]
  }
  /** Best first; the same order for every page. */
  readonly search: (page: SearchPage) => {
    readonly total: number
    readonly found: readonly { readonly name: string; readonly version: string }[]
  }
}
