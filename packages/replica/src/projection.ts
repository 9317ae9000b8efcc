// A projection: what is derived from a log so that it can be read fast, and can be made again from the log at any time.
import type { LoggedEntry } from '@stele/entries/transition'

/** Blobs by the hex of their SHA-512; undefined where one is absent or was taken down. */
export type ReadBlob = (name: string) => Uint8Array | undefined

/** Entries of the same log, as it keeps them now; undefined where there is none of that number. */
export type ReadEntry = (index: number) => LoggedEntry | undefined

/** How a projection follows from the log: the same entries give the same writes, on every machine. */
export type Projection<W> = {
  readonly name: string
  /** Raise it when `plan` gives other writes than before: what was derived is then made again. */
  readonly version: number
  readonly plan: (entry: LoggedEntry, blobs: ReadBlob, entryAt: ReadEntry) => readonly W[]
}

/** How far a projection is: the first `size` entries, by this version of its plan and its home. */
export type ProjectionMark = { readonly version: string; readonly size: number }

/** Where a projection is kept. All of it runs inside a transaction that its owner holds. */
export type ProjectionHome<W> = {
  /** Raise it when the home keeps things in another form than before. */
  readonly version: number
  readonly mark: () => ProjectionMark | undefined
  readonly saveMark: (mark: ProjectionMark) => void
  /** Forgets everything, and makes the home as a new one is. */
  readonly reset: () => void
  readonly apply: (writes: readonly W[]) => void
}

/** A projection of which one can see how far it is. */
export type MarkedProjection = {
  readonly name: string
  /** The version of plan and home together. */
  readonly version: string
  readonly mark: () => ProjectionMark | undefined
}

/** A projection in its home, whatever it writes. */
export type BoundProjection = MarkedProjection & {
  readonly saveMark: (size: number) => void
  readonly reset: () => void
  readonly apply: (entry: LoggedEntry, blobs: ReadBlob, entryAt: ReadEntry) => void
}

/** The version of a plan and a home together. */
export function versionOf(
  plan: Pick<Projection<never>, 'version'>,
  home: Pick<ProjectionHome<never>, 'version'>,
): string {
  return `${plan.version}.${home.version}`
}

/** Puts a projection into its home. */
export function bindProjection<W>(
  projection: Projection<W>,
  home: ProjectionHome<W>,
): BoundProjection {
  const { name, plan } = projection
  const version = versionOf(projection, home)
  return {
    name,
    version,
    mark: home.mark,
    saveMark: (size) => home.saveMark({ version, size }),
    reset: home.reset,
    apply: (entry, blobs, entryAt) => home.apply(plan(entry, blobs, entryAt)),
  }
}
