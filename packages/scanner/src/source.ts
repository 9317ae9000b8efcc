// What is scanned: folders with packages in them, and archives of a class path.

/** A folder that is scanned. */
export type FolderSource = {
  readonly kind: 'folder'
  /** What the log calls it. */
  readonly scanner: string
  /** An absolute path. */
  readonly folder: string
  /** Ant patterns of folders with packages, seen from the folder. */
  readonly includes: readonly string[]
  readonly excludes: readonly string[]
  /** `node_modules`: only what lies where npm puts packages, by their names. */
  readonly layout: 'any' | 'node_modules'
  /** Packages get a tarball: `build` of their files where they lie, `keep` for the log to keep. */
  readonly tarballs: 'none' | 'build' | 'keep'
  /** Where its files are shown elsewhere; empty where they are not. */
  readonly url: string
  /** How often it is looked at, besides after a change. */
  readonly periodMs: number
}

/** Archives that are scanned: files, and folders with some in them. */
export type ArchiveSource = {
  readonly kind: 'archives'
  readonly scanner: string
  readonly paths: readonly string[]
  readonly periodMs: number
}

export type Source = FolderSource | ArchiveSource
