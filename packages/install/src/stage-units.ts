// Packages of a project made beside their places: the files of the store under further names, and the links of their surroundings. Plain
// data says what to make, so that several threads can share it.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { copyFolder, makeLink, remove } from './moves.ts'

/** A package to be made. Paths are absolute. */
export type StageJob = {
  /** Its files in the store. */
  readonly from: string
  /** The folder that is made. */
  readonly to: string
  /** Where in that the files go; empty where they are all of it. */
  readonly inside: string
  /** The files are copies that may be written to, not names of the same bytes. */
  readonly isCopy: boolean
  /** Links within, and what each says. */
  readonly links: readonly (readonly [place: string, text: string])[]
}

/** Makes these packages, whole or not at all as far as the caller can tell; whether files had to be copied since the disk has no links. */
export type Stage = (jobs: readonly StageJob[]) => boolean

/** Makes a package; `how` turns to copies where the disk has no links. */
function stageUnit({ from, to, inside, isCopy, links }: StageJob, how: { isCopy: boolean }): void {
  copyFolder(from, join(to, inside), isCopy ? { isCopy } : how)
  for (const [place, text] of links) {
    const link = join(to, place)
    if (place.split('/').length > 2) mkdirSync(dirname(link), { recursive: true })
    makeLink(text, link)
  }
}

/** Makes them one after the other. */
export function stageHere(jobs: readonly StageJob[]): boolean {
  const how = { isCopy: false }
  for (const job of jobs) stageUnit(job, how)
  return how.isCopy
}

const places = { next: 0, ended: 1, copied: 2, failed: 3 } as const

/** What threads that make packages of one list have in common: who takes which, and what became of them. */
export function createStageCounts(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(places).length))
}

/** Takes from the list what no other thread has taken, and makes it, until there is nothing left or one has failed. Throws nothing. */
export function stageShared(jobs: readonly StageJob[], counts: Int32Array): void {
  const how = { isCopy: false }
  for (;;) {
    const index = Atomics.add(counts, places.next, 1)
    const job = jobs[index]
    if (job === undefined) return
    try {
      if (Atomics.load(counts, places.failed) === 0) stageUnit(job, how)
    } catch {
      Atomics.compareExchange(counts, places.failed, 0, index + 1)
    }
    if (how.isCopy) Atomics.store(counts, places.copied, 1)
    Atomics.add(counts, places.ended, 1)
    Atomics.notify(counts, places.ended)
  }
}

/**
 * Waits until the threads have made all; whether files had to be copied. Throws what failed first, and an Error where nothing was made for
 * `patienceMs`.
 */
export function awaitStaged(
  jobs: readonly StageJob[],
  counts: Int32Array,
  patienceMs: number,
): boolean {
  for (;;) {
    const ended = Atomics.load(counts, places.ended)
    if (ended >= jobs.length) break
    if (Atomics.wait(counts, places.ended, ended, patienceMs) === 'timed-out')
      throw new Error(`A thread has stopped: ${ended} of ${jobs.length} packages were made`)
  }
  const failed = jobs[Atomics.load(counts, places.failed) - 1]
  if (failed !== undefined) {
    remove(failed.to) // Once more, for the error.
    stageUnit(failed, { isCopy: false })
    throw new Error(`${failed.to} could not be made at first`)
  }
  return Atomics.load(counts, places.copied) === 1
}
