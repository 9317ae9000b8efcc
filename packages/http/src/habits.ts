// The habits of all faces together: each is asked of every request, since nobody knows yet whose it is.
import { showPath } from './event.ts'
import type { Habits } from './face.ts'

/** What the faces of an app say of addresses and clients. */
export type AllHabits = {
  readonly foldPath: (path: string) => string
  /** Path and query as they may be printed. */
  readonly showPath: (url: string) => string
  /** Header and note. */
  readonly noteHeaders: readonly (readonly [header: string, note: string])[]
}

/** Those of these faces, in their order. */
export function joinHabits(faces: readonly Habits[]): AllHabits {
  const folds = faces.flatMap(({ foldPath }) => foldPath ?? [])
  const hidings = faces.flatMap(({ hideSecrets }) => hideSecrets ?? [])
  return {
    foldPath: (path) => folds.reduce((folded, fold) => fold(folded), path),
    showPath: (url) => showPath(url, hidings),
    noteHeaders: faces.flatMap(({ noteHeaders = {} }) => Object.entries(noteHeaders)),
  }
}
