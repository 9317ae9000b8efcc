// The habits of all faces together: each is asked of every request, since nobody knows yet whose it is.
import type { Habits } from './face.ts'
import { safeText } from './safe-text.ts'

/** What the faces of an app say of addresses and clients. */
export type AllHabits = {
  readonly foldPath: (path: string) => string
  /** Path and query as they may be printed, every credential left out. */
  readonly showPath: (url: string) => string
  /** Header and note. */
  readonly noteHeaders: readonly (readonly [header: string, note: string])[]
  readonly showsOnlyStatus: (userAgent: string) => boolean
}

/** Those of these faces, in their order. */
export function joinHabits(faces: readonly Habits[]): AllHabits {
  const folds = faces.flatMap(({ foldPath }) => foldPath ?? [])
  const hidings = faces.flatMap(({ hideSecrets }) => hideSecrets ?? [])
  return {
    foldPath: (path) => folds.reduce((folded, fold) => fold(folded), path),
    showPath: (url) => hideCredentials(url, hidings),
    noteHeaders: faces.flatMap(({ noteHeaders = {} }) => Object.entries(noteHeaders)),
    showsOnlyStatus: (agent) => faces.some((face) => face.showsOnlyStatus?.(agent) === true),
  }
}

/** Leaves out our own tokens, log-ins in the address, and what faces hide. */
function hideCredentials(url: string, hidings: readonly ((path: string) => string)[]): string {
  const plain = url.replaceAll(/%(?:5f|73|74|65|6c)/gi, decodeURIComponent)
  const hidden = hidings.reduce((path, hide) => hide(path), plain)
  return safeText(hidden.replaceAll(/\/\/[^/@]*@/g, '//***@'), 500)
}
