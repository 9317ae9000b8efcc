// Keeps the projections of one log where the log is: entry by entry with each commit, from the log where they lag.
import { entriesPerStep } from '@stele/entries/leaf'
import type { KeptEntry } from '@stele/entries/parts'
import { type LoggedEntry, readLogged } from '@stele/entries/transition'
import type { BoundProjection, MarkedProjection, ReadBlob, ReadEntry } from './projection.ts'

/** What the replica reads of its log, and the transaction that it works in. */
export type ReplicaPorts = {
  readonly projections: readonly BoundProjection[]
  /** Entries of the committed log. */
  readonly size: () => number
  /** At most `count` of the entries from `start` on, each with its leaf's hash. */
  readonly entries: (start: number, count: number) => readonly KeptEntry[]
  readonly leafHashes: (start: number, count: number) => readonly Uint8Array[]
  readonly blobs: ReadBlob
  /** All of the work or, when it throws, nothing. */
  readonly transaction: (work: () => void) => void
}

/** A projection that is not where its log is: `from` is the entry that it goes on with. */
export type Lagging = {
  readonly name: string
  readonly from: number
  readonly to: number
  /** Why it starts over, where it does. */
  readonly reason?: string
}

/** The projections of one log. */
export type Replica = {
  /** Applies entries that follow on what was applied. Call it inside the commit's transaction. */
  readonly apply: (entries: readonly LoggedEntry[]) => void
  /** The projections that must catch up before the log may be written to or read through them. */
  readonly lagging: () => readonly Lagging[]
  /** Forgets all projections, so that `catchUp` makes them from the beginning. */
  readonly forgetAll: () => void
  /** Brings every projection to where the log is, a transaction a step; what was done stays done after a crash. */
  readonly catchUp: () => Generator<Lagging, void, void>
}

/** The projections over these ports. */
export function createReplica(ports: ReplicaPorts): Replica {
  const { projections, transaction } = ports
  return {
    apply: (entries) => applyNew(ports, entries),
    lagging: () => projections.flatMap((projection) => lagOf(projection, ports.size()) ?? []),
    forgetAll: () => {
      transaction(() => {
        for (const projection of projections) projection.reset()
      })
    },
    *catchUp() {
      for (const projection of projections) yield* bringUp(ports, projection)
    },
  }
}

function applyNew(ports: ReplicaPorts, entries: readonly LoggedEntry[]): void {
  const { projections, blobs } = ports
  const [first] = entries
  if (first === undefined) return
  for (const projection of projections) {
    const reached = first.index === 0 ? restart(projection) : projection.mark()?.size
    if (reached !== first.index) {
      throw new Error(`The projection "${projection.name}" is at ${reached}, not ${first.index}`)
    }
    for (const entry of entries) projection.apply(entry, blobs, readerOf(ports))
    projection.saveMark(first.index + entries.length)
  }
}

/** Empties the home; gives the entry that comes next. */
function restart(projection: BoundProjection): number {
  projection.reset()
  projection.saveMark(0)
  return 0
}

/** How a projection is not where a log of `size` entries is; undefined where it is. */
export function lagOf(
  { name, version, mark }: MarkedProjection,
  size: number,
): Lagging | undefined {
  const reached = mark()
  const anew = { name, from: 0, to: size }
  if (reached === undefined) return { ...anew, reason: 'it was never made' }
  if (reached.version !== version) {
    return { ...anew, reason: `it was made by version ${reached.version}, this is ${version}` }
  }
  if (reached.size > size) return { ...anew, reason: `it is ahead of its log` }
  return reached.size === size ? undefined : { name, from: reached.size, to: size }
}

function* bringUp(ports: ReplicaPorts, projection: BoundProjection): Generator<Lagging, void> {
  const lag = lagOf(projection, ports.size())
  if (lag === undefined) return
  if (lag.reason !== undefined) ports.transaction(() => restart(projection))
  for (let start = lag.from; start < lag.to; start += entriesPerStep) {
    yield { ...lag, from: start }
    ports.transaction(() => applyKept(ports, projection, start, lag.to))
  }
}

function applyKept(
  ports: ReplicaPorts,
  projection: BoundProjection,
  start: number,
  end: number,
): void {
  const { entries, leafHashes, blobs } = ports
  const count = Math.min(entriesPerStep, end - start)
  const hashes = leafHashes(start, count)
  const kept = entries(start, count)
  for (const [offset, entry] of kept.entries()) {
    const [index, leafHash] = [start + offset, hashes[offset]]
    if (leafHash === undefined) throw new Error(`The log has no hash of entry ${index}`)
    projection.apply(readLogged(entry, { index, leafHash }, blobs), blobs, readerOf(ports))
  }
  if (kept.length !== count) throw new Error(`The log ends at entry ${start + kept.length}`)
  projection.saveMark(start + count)
}

/** Entries as the log keeps them: inside a commit's transaction without what it has just taken down. */
function readerOf({ entries, leafHashes, blobs }: ReplicaPorts): ReadEntry {
  return (index) => {
    const [entry] = entries(index, 1)
    const [leafHash] = leafHashes(index, 1)
    if (entry === undefined || leafHash === undefined) return undefined
    return readLogged(entry, { index, leafHash }, blobs)
  }
}
