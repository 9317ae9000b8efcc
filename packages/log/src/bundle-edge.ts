// The bundle at the edge of the log: whoever reads a log, or publishes it, holds one whole, so that it must not grow without an end.
import type { Executor } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { bundleWidth, type KeptEntry } from '@stele/entries/parts'
import { digestsPerCommit, maxEdgeBytes } from './limits.ts'
import type { Stage } from './stage.ts'

/** The digests of a script's memory that are to be logged now; with the last of them its snapshot is due. */
type WantedDigests = { readonly count: number; readonly isLast: boolean }
type ReadEntries = (start: number, count: number) => readonly KeptEntry[]

/** How large the bundle is that the next entry goes into. */
export class BundleEdge {
  readonly #entries: ReadEntries
  readonly #mostBytes: number
  #next = 0
  /** Of bodies, effects and values: each lies in a file of its own. */
  #sizes = [0, 0, 0]

  constructor(entries: ReadEntries, mostBytes: number = maxEdgeBytes) {
    this.#entries = entries
    this.#mostBytes = mostBytes
  }

  /**
   * What a log of this size wants: a digest where a snapshot is due, and as many as end the bundle where that has grown large.
   * They are the only entries that nobody has to ask for. Undefined: none.
   */
  wanted(size: number, isDue: boolean): WantedDigests | undefined {
    this.#catchUp(size)
    const isLarge = this.#sizes.some((bytes) => bytes > this.#mostBytes)
    if (!isLarge) return isDue ? { count: 1, isLast: true } : undefined
    const left = bundleWidth - (size % bundleWidth)
    return { count: Math.min(left, digestsPerCommit), isLast: left <= digestsPerCommit }
  }

  /** One entry at a time: they may be large. */
  #catchUp(size: number): void {
    const start = size - (size % bundleWidth)
    if (this.#next < start) {
      this.#next = start
      this.#sizes = [0, 0, 0]
    }
    for (; this.#next < size; this.#next++) {
      const [entry] = this.#entries(this.#next, 1)
      const parts = [entry?.body, entry?.effects, entry?.values]
      this.#sizes = this.#sizes.map((bytes, at) => bytes + (parts[at]?.length ?? 0))
    }
  }
}

/** Stages so many digests of the memory. */
export function stageDigests(
  stage: Stage,
  count: number,
  at: { readonly nowMs: number; readonly executor: Executor },
): void {
  const sha256 = at.executor.memory?.digest() ?? ''
  for (let staged = 0; staged < count; staged++) {
    stage.add({ kind: entryKinds.memory, body: { v: 1, sha256 } }, at, {})
  }
}
