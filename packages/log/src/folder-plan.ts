// Compares a public folder with its log, and says what of it can be written anew. It changes nothing.
import { createHash } from 'node:crypto'
import { type BundleKind, bundleKinds, bundlePath, logFolder as root } from '@stele/entries/paths'
import { reasonOf, SteleError } from '@stele/errors'
import { bundlesOf, type TileNumber, tilePath, tilesOf } from '@stele/tlog/tiles'
import { folderCheckpoint, parseOrigin, refuseRollback } from './folder-guard.ts'
import { type FoundFile, walkFolder } from './folder-walk.ts'
import { maxKeptFindings, maxListedFindings } from './limits.ts'
import { makeBundle, makeTile } from './log-files.ts'
import type { StoredHead } from './ports.ts'
import { historyFault, mayReplace, putBackStep } from './published.ts'
import type { PublisherPorts } from './publisher-ports.ts'
import { areEntriesProven, isTileProven } from './store-proof.ts'
import type { TakenDown } from './taken-down.ts'

/** How a folder is repaired. */
export type RepairOptions = {
  /** Whether records and blobs with wrong bytes are replaced: hashes in the log prove the right ones. */
  readonly replace: boolean
  /** Why nothing may be written, where that is so. Asked again before each step: it may come while the repair runs. */
  readonly refused?: (() => string | undefined) | undefined
  /** Whether it should end without having come to an end: then it throws `log_closed`. */
  readonly isStopped?: (() => boolean) | undefined
}

/** What is wrong with a file, in the order in which it matters. */
const problems = [
  'database', // The database's own bytes for it are not what the log's hashes say.
  'beyond_log', // It belongs to a log with more entries.
  'other_bytes', // A tile or a bundle of entries that the log does not give.
  'unreadable_folder', // Nobody can say what is in it.
  'unreadable_tile', // As much as nobody can say whether it is another one.
  'damaged', // A record bundle or a blob: the log proves what should be there.
  'not_in_log', // A blob that the log does not have.
] as const

/** A file that is not as the log says. */
export type Finding = {
  readonly path: string
  readonly problem: (typeof problems)[number]
  /** What reading it says, where it cannot be read. */
  readonly reason?: string
}

/** What came of a repair. Plain data. */
export type FolderReport = {
  /** Files in the folder that were compared with the log. */
  readonly checked: number
  /** The first of the files that were not as the log says. */
  readonly differing: readonly Finding[]
  readonly differingCount: number
  /** Why nothing was written, null where what was missing was. */
  readonly refused: string | null
  /** Files that were not there, missing or new, and their bytes. */
  readonly written: number
  readonly writtenBytes: number
  /** Files that had wrong bytes and have the right ones now. */
  readonly replaced: number
  /** Files that a takedown had changed or deleted in the log, but not in the folder yet. */
  readonly takenDown: number
  /** True where no checkpoint was published: a new one would cover blobs that are not to be had. */
  readonly isHeldBack?: boolean
}

/** What a repair did. `unproven`: files that the store has not got, or has the wrong bytes of. */
export type Repaired = Pick<
  FolderReport,
  'written' | 'writtenBytes' | 'replaced' | 'takenDown' | 'isHeldBack'
> & {
  readonly unproven: readonly Finding[]
}

/** A record bundle or a blob that is to be written anew. */
export type DamagedFile = { readonly path: string; readonly isUnreadable?: boolean } & (
  | { readonly bundle: TileNumber & { readonly kind: BundleKind } }
  | { readonly blob: string }
)

/** What was found. */
export type RepairPlan = {
  readonly checked: number
  readonly findings: readonly Finding[]
  readonly findingCount: number
  /** Those of the findings that the log proves the right bytes of. */
  readonly damaged: readonly DamagedFile[]
  /** What takedowns have changed in the log and not in the folder: no fault of it. */
  readonly outdated: readonly DamagedFile[]
  readonly refused: string | undefined
}

/** What a repair reads, and where it writes. */
export type RepairPorts = PublisherPorts & { readonly takenDown: TakenDown }

/** Looks at all that is in the folder, and at what is missing. Throws `log_inconsistent` where its checkpoint is not this log's. */
export async function planRepair(
  ports: RepairPorts,
  { refused }: RepairOptions,
): Promise<RepairPlan> {
  const head = ports.head()
  if (head === undefined) throw new Error('There is no log to publish')
  refuseRollback(ports, head)
  if (historyFault(head, head.size, ports.files.hashes) !== undefined) {
    const reason =
      "the entries in this log's database do not hash to the root of its checkpoint; restore the database from a backup. Nothing was written"
    throw new SteleError('data_invalid', { path: parseOrigin(head), reason })
  }
  const survey = await surveyFolder(ports)
  const { found } = survey
  for await (const path of unprovenPieces(ports, head)) found.add({ path, problem: 'database' })
  const { findings, count } = found
  return {
    checked: survey.checked,
    findings,
    findingCount: count(),
    damaged: survey.damaged,
    outdated: survey.outdated,
    refused: refused?.() ?? refusedBecause(findings, folderCheckpoint(ports) !== undefined),
  }
}

/** What is told of it. */
export function reportOf(plan: RepairPlan, done?: Repaired): FolderReport {
  const { unproven = [], ...did } = done ?? {}
  const paths = new Set(unproven.map(({ path }) => path))
  const found = plan.findings.filter(({ path }) => !paths.has(path))
  const damaged = plan.damaged.filter(({ path }) => paths.has(path))
  const differing = [...found, ...unproven]
  const nothing = { written: 0, writtenBytes: 0, replaced: 0, takenDown: 0 }
  return {
    checked: plan.checked,
    differing: differing.slice(0, maxListedFindings),
    differingCount: plan.findingCount + unproven.length - damaged.length, // Those were counted already.
    refused: plan.refused ?? null,
    ...nothing,
    ...did,
  }
}

/** The most telling of the reasons to write nothing. */
function refusedBecause(findings: readonly Finding[], hasCheckpoint: boolean): string | undefined {
  const has = (problem: Finding['problem']): boolean =>
    findings.some((one) => one.problem === problem)
  if (has('database')) {
    return "the database is damaged: what it holds for these files is not what the log's own hashes and takedowns say; restore it from a backup"
  }
  if (has('beyond_log')) {
    return `the public folder holds files of a log with more entries than the database has; ${putBackStep}`
  }
  if (has('other_bytes')) {
    return hasCheckpoint
      ? 'tiles and entries are never overwritten. The checkpoint beside them is one of this log, so it is the files that are damaged: delete those with other bytes and do this again, they are written anew'
      : `either the database is not the one that was published, or the files are damaged. Compare them with a mirror or a backup: where they hold the same bytes, ${putBackStep}; where they hold others, delete the files and do this again, they are written anew`
  }
  if (has('unreadable_folder') || has('unreadable_tile')) {
    return 'a part of the public folder cannot be read, so nobody knows whether it is the one of this log. Mend that, or move it out of the folder, and do this again'
  }
  return undefined
}

type Findings = {
  readonly findings: Finding[]
  readonly add: (finding: Finding) => void
  readonly count: () => number
}

function createFindings(): Findings {
  const findings: Finding[] = []
  let count = 0
  return {
    findings,
    add: (finding) => {
      count++
      // Where there are very many, those that are kept are enough to say what is wrong.
      if (findings.length < maxKeptFindings) findings.push(finding)
    },
    count: () => count,
  }
}

type Survey = Pick<RepairPlan, 'checked' | 'damaged' | 'outdated'> & { readonly found: Findings }

async function surveyFolder(ports: RepairPorts): Promise<Survey> {
  const found = createFindings()
  const damaged: DamagedFile[] = []
  const outdated: DamagedFile[] = []
  const strays: (FoundFile & { readonly blob: string })[] = []
  let checked = 0
  for (const file of walkFolder(ports.published)) {
    checked++
    if ('blob' in file && !ports.hasBlob(file.blob)) strays.push(file)
    else {
      const state = await compare(ports, file)
      if (state === 'outdated' && !('tile' in file) && !('unreadable' in file)) outdated.push(file)
      else if (state !== undefined && state !== 'outdated') {
        found.add(state)
        if (state.problem === 'damaged' && damaged.length < maxKeptFindings) {
          const isUnreadable = state.reason !== undefined
          if ('blob' in file || 'bundle' in file) damaged.push({ ...file, isUnreadable })
        }
      }
    }
    await ports.breathe()
  }
  const known = await knownBlobs(ports, new Set(strays.map(({ blob }) => blob)))
  for (const { path, blob } of strays) {
    if (await ports.takenDown.hasBlob(blob)) outdated.push({ path, blob })
    else found.add({ path, problem: known.has(blob) ? 'database' : 'not_in_log' })
  }
  return { checked, found, damaged, outdated }
}

type HashedFile = Exclude<FoundFile, { readonly blob: string } | { readonly unreadable: string }>

async function compare(
  ports: RepairPorts,
  file: FoundFile,
): Promise<Finding | 'outdated' | undefined> {
  const { path } = file
  if ('unreadable' in file) {
    return { path, problem: 'unreadable_folder', reason: file.unreadable }
  }
  const isHashed = 'tile' in file || ('bundle' in file && file.bundle.kind === 'entries')
  let bytes: Uint8Array | undefined
  try {
    if ('blob' in file) {
      return (await isBlobWhole(ports, file)) ? undefined : { path, problem: 'damaged' }
    }
    bytes = ports.published.read(path)
  } catch (error) {
    if (!ports.published.has(path)) return undefined // Gone meanwhile: a publication has taken it away.
    const reason = reasonOf(error)
    return { path, problem: isHashed ? 'unreadable_tile' : 'damaged', reason }
  }
  if (bytes === undefined) return undefined // A publication has replaced it by a wider one just now.
  return comparePiece(ports, file, bytes)
}

async function comparePiece(
  { files, takenDown, head }: RepairPorts,
  file: HashedFile,
  bytes: Uint8Array,
): Promise<Finding | 'outdated' | undefined> {
  const { path } = file
  const size = head()?.size ?? 0 // Read after the file: a publication may have written that just now.
  const own =
    'tile' in file ? makeTile(files, size, file.tile) : makeBundle(files, size, file.bundle)
  if (own === undefined) return { path, problem: 'beyond_log' }
  if (Buffer.compare(own, bytes) === 0) return undefined
  if ('tile' in file || file.bundle.kind === 'entries') return { path, problem: 'other_bytes' }
  const { width: recordCount, kind } = file.bundle
  if (!mayReplace(bytes, own, { recordCount, kind })) return { path, problem: 'damaged' }
  const isProven = await areEntriesProven({ files, takenDown }, file.bundle)
  return isProven ? 'outdated' : { path, problem: 'database' }
}

async function isBlobWhole(
  { published, breathe }: PublisherPorts,
  { path, blob }: { readonly path: string; readonly blob: string },
): Promise<boolean> {
  const digest = createHash('sha512')
  for await (const piece of published.pieces(path)) {
    digest.update(piece)
    await breathe()
  }
  return digest.digest('hex') === blob
}

/** Those that the store knows by name. */
async function knownBlobs(
  { blobsAfter, breathe }: PublisherPorts,
  wanted: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (let after: number | undefined = 0; after !== undefined && wanted.size > 0; ) {
    const blobs = blobsAfter(after)
    for (const { name } of blobs) if (wanted.has(name)) known.add(name)
    after = blobs.at(-1)?.blobNumber
    await breathe()
  }
  return known
}

/** The pieces that the folder lacks, and the store could not make as the log's hashes say. */
async function* unprovenPieces(
  { published, files, takenDown, breathe }: RepairPorts,
  { size }: StoredHead,
): AsyncIterable<string> {
  for (const tile of tilesOf(0, size)) {
    const path = root + tilePath(tile)
    if (published.has(path)) continue
    if (!isTileProven(files, size, tile)) yield path
    await breathe()
  }
  for (const place of bundlesOf(0, size)) {
    const paths = bundleKinds.map((kind) => root + bundlePath(kind, place))
    const missing = paths.filter((path) => !published.has(path))
    if (missing.length > 0 && !(await areEntriesProven({ files, takenDown }, place))) yield* missing
    await breathe()
  }
}
