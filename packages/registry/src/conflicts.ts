// What upstreams changed under a version's number, beside what of it goes on being served.
import { hash } from 'node:crypto'
import {
  findLine,
  isAmended,
  readChosenRelease,
  readSeenChunks,
  type SeenLine,
} from '@stele/releases/observed'
import type { RegistryPorts } from './ports.ts'
import type { ConflictCounts, ConflictRow, ConflictsAsk } from './view-reader.ts'

/** A change that was refused. */
type Conflict = ConflictRow & {
  /** What was seen first, told as `shown` is; undefined where that is withheld. */
  readonly pinned: string | undefined
  /** The record was replaced since by what the tarball's own package.json tells. */
  readonly isAmended: boolean
}

/** A page of what was refused, and how much of each part there is. */
export type Conflicts = (page: ConflictsAsk) => {
  readonly counts: ConflictCounts
  readonly found: readonly Conflict[]
}

/** Over the state, its chunks and the views. */
export function createConflicts({
  state,
  views,
  blobs = () => undefined,
}: RegistryPorts): Conflicts {
  /** Of what was chosen the log says so by itself, even where a chunk is withheld. */
  const firstOf = (name: string, version: string): SeenLine | undefined => {
    const chosen = readChosenRelease(state, name, version)
    if (chosen === undefined) {
      return findLine(
        readSeenChunks(state, name).flatMap((blob) => blobs(blob) ?? []),
        version,
      )
    }
    return { integrity: chosen.integrity, recordDigest: hash('sha256', chosen.record) }
  }
  return (page) =>
    views.snapshot(() => {
      const { counts, found } = views.conflicts(page)
      const conflicts = found.map((row) => {
        const { name, version, what } = row
        const first = firstOf(name, version)
        const pinned = what === 'tarball' ? first?.integrity : first?.recordDigest
        return { ...row, pinned, isAmended: what === 'record' && isAmended(state, name, version) }
      })
      return { counts, found: conflicts }
    })
}
