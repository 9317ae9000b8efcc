// Packages of a project made beside their places: the files of the store under further names, and the links of their surroundings. Plain
// data says what to make, so that several threads can share it.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { copyFolder, makeLink } from './moves.ts'

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
