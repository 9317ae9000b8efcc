// A mirror of a registry: its signed log as static files, the tarballs of its releases, and where it is asked for, packuments.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { logFolder, logRoot } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { compareUtf8 } from '@stele/formats/names'
import { createPublicFiles } from '@stele/storage/files'
import {
  type CloneOptions,
  type CopiedContents,
  type CopyReport,
  copyThrough,
  diskFault,
  type OpenFiles,
  readHere,
} from '../clone/clone-service.ts'
import { maxNoteBytes } from '../clone/limits.ts'
import { parseCheckpoint } from '../sources/checkpoint.ts'
import { findChanged, tallyUp } from './changed.ts'
import { type KeptMirror, loadState, saveState, type Tally } from './kept-state.ts'
import { maxStatesBehind } from './limits.ts'
import { listSpecs } from './list-specs.ts'
import { type PackumentsWritten, writePackuments } from './packuments.ts'
import {
  type Changed,
  type MirroredRelease,
  type MirrorPlan,
  planMirror,
  replayedBlobs,
  requireRegistry,
  withheldBlobs,
} from './releases.ts'
import { type Selection, selectionDigest } from './selection.ts'
import { copyBlobs, copyTarballs, isHeld, type TarballsCopied } from './tarballs.ts'

/** What a mirror is made of. */
export type MirrorOptions = CloneOptions & {
  readonly selection: Selection
  /** Where people reach the folder, without a slash at its end: packuments are written. Without it as the last time. */
  readonly baseUrl?: string | undefined
  /** Compares also what is here with its digests, and looks even where nothing is new. */
  readonly rehash?: boolean
  /** Where not all is there to be had: whether the blob of this name (hex SHA-512) is. What is not is left out, and counted. */
  readonly has?: ((sha512: string) => boolean) | undefined
}

/** What was done. */
export type MirrorReport = Omit<CopyReport<unknown>, 'contents'> & {
  /** Nothing was new, so that nothing else was looked at. */
  readonly isSame: boolean
  readonly releases: number
  readonly tarballs: TarballsCopied & { /** Those that are here now. */ readonly held: number }
  /** Null where none are written. `packages` and `versions` are those that are shown. */
  readonly packuments:
    | (PackumentsWritten & { readonly packages: number; readonly versions: number })
    | null
  readonly unlearned: number
  readonly oddNames: readonly string[]
  readonly absent: readonly string[]
  /** Releases that were not to be had there. */
  readonly withoutBytes: number
}

type Told = Omit<MirrorReport, keyof CopyReport<unknown> | 'isSame'>
type Contents = {
  readonly told: Told
  readonly keep: () => KeptMirror
  /** Only what changed was looked at. */
  readonly isPart: boolean
}

/** In the folder: what the mirror was made of, written when all of it is there that was to be had. */
const noteFile = 'mirror.json'

/**
 * Makes a mirror, or brings one up to date: content first, then packuments, and the checkpoint last. Throws what cloneService()
 * does, and `mirror_impossible`.
 */
export function mirrorRegistry(options: MirrorOptions): Promise<MirrorReport> {
  return mirrorThrough(createPublicFiles, options)
}

/** The same over another disk. */
export async function mirrorThrough(
  openFiles: OpenFiles,
  options: MirrorOptions,
): Promise<MirrorReport> {
  const { dir, rehash = false } = options
  const before = readNote(dir)
  const baseUrl = options.baseUrl ?? textIn(before, 'baseUrl')
  const same = rehash ? undefined : await findSame(options, { before, baseUrl })
  if (same !== undefined) return same
  const kept = rehash ? undefined : findKept(dir, before)
  const { contents, ...report } = await copyThrough(
    openFiles,
    { ...options, ...(kept && { from: kept.carry }) },
    contentsOf({ ...options, baseUrl }, isAlike(before, options, baseUrl) ? kept : undefined),
  )
  const { told, keep } = contents
  const seal = await sealOf(dir, { keep, kept: contents.isPart ? kept : undefined, report })
  const note = noteOf(options, { told, baseUrl, seal })
  try {
    openFiles(dir)([{ put: noteFile, bytes: Buffer.from(note) }, { sync: true }])
  } catch (cause) {
    throw diskFault(dir, cause)
  }
  return { ...report, ...told, isSame: false }
}

/**
 * Keeps what the next run goes on from, or leaves there what this one went on from, where that is still near. The mirror is whole: where
 * there is no room for it, the next run begins anew.
 */
async function sealOf(
  dir: string,
  {
    keep,
    kept,
    report: { size },
  }: Pick<Contents, 'keep'> & {
    readonly kept: Kept | undefined
    readonly report: { readonly size: number }
  },
): Promise<StateSeal | undefined> {
  if (kept !== undefined && size - kept.seal.stateSize < size / maxStatesBehind) return kept.seal
  try {
    return { state: await saveState(dir, keep()), stateSize: size }
  } catch (cause) {
    if (diskFault(dir, cause) !== cause) return undefined
    throw cause
  }
}

/** What the last run kept, or one before it, where it left a whole mirror. */
function findKept(dir: string, before: JsonObject): Kept | undefined {
  const [here, state] = [readHere(dir), textIn(before, 'state')]
  if (here === undefined || state === undefined || before['root'] !== here.root) return undefined
  const stateSize = Number(before['stateSize'])
  const found =
    stateSize <= here.size ? loadState(dir, { seal: state, size: stateSize }) : undefined
  return found && { ...found, oddNames: textsIn(before, 'oddNames'), seal: { state, stateSize } }
}

/** In the note: the seal of what was kept, and how many entries it had. */
type StateSeal = { readonly state: string; readonly stateSize: number }

type Kept = KeptMirror & { readonly oddNames: readonly string[]; readonly seal: StateSeal }

/** Whether the last run was asked for the same: every release, for people at this address. */
function isAlike(
  before: JsonObject,
  { selection }: MirrorOptions,
  baseUrl: string | undefined,
): boolean {
  return (
    selection === 'all' &&
    textIn(before, 'selection') === selectionDigest(selection) &&
    textIn(before, 'baseUrl') === baseUrl
  )
}

function contentsOf(
  { url, selection, baseUrl, rehash = false, has = () => true }: MirrorOptions,
  kept: Kept | undefined,
): CopiedContents<Contents> {
  return {
    check: requireRegistry,
    write: async (copied) => {
      const { log, folder } = copied
      const { state } = log
      if (state === undefined) {
        const reason = 'its log lacks so much that nobody can tell what it holds'
        throw new SteleError('mirror_impossible', { url, reason })
      }
      const [changed, withheld] = [findChanged(log, kept), withheldBlobs(log)]
      const plan = planMirror(state, { selection, withheld, changed })
      requireAny(url, plan)
      const lost = await copyBlobs(copied, replayedBlobs(state, { withheld, changed }), { rehash })
      const isThere = (release: MirroredRelease): boolean =>
        has(release.sha512) || isHeld(folder.root, release)
      const packages = new Map(
        [...plan.packages].map(([name, its]) => [name, its.filter(isThere)] as const),
      )
      const releases = [...packages.values()].flat()
      const withoutBytes = [...plan.packages.values()].flat().length - releases.length
      const copies = await copyTarballs(copied, releases, { rehash })
      folder.sync()
      const heldOf = (name: string): number =>
        (packages.get(name) ?? []).filter((release) => isHeld(folder.root, release)).length
      const tallies = tallyUp(plan, { before: kept?.tallies, changed, heldOf })
      const [wanted, held, unlearned] = sumOf(tallies)
      const shown = [...tallies.values()].filter(([, its]) => its > 0).length
      const written =
        baseUrl === undefined
          ? null
          : writePackuments(folder, state, { packages, changed, baseUrl, rehash })
      const told: Told = {
        releases: wanted - withoutBytes,
        tarballs: { ...copies, held, missing: [...copies.missing, ...lost] },
        packuments: written && { ...written, packages: shown, versions: held },
        unlearned,
        oddNames: oddNow(plan.oddNames, { kept, changed }),
        absent: plan.absent,
        withoutBytes,
      }
      return {
        told,
        keep: () => ({ carry: log.keep(), tallies }),
        isPart: changed !== 'all',
      }
    },
  }
}

/** A name that was typed wrong must not empty a mirror. What is there, and was taken down, is there. Throws `mirror_impossible`. */
function requireAny(url: string, { packages, oddNames, absent }: MirrorPlan): void {
  if (absent.length === 0 || packages.size > 0 || oddNames.length > 0) return
  const reason = `it has nothing of what is asked for: ${listSpecs(absent)}`
  throw new SteleError('mirror_impossible', { url, reason })
}

/** Of packages that were not looked at, what was odd before. Names that are odd themselves make it look at all of them. */
function oddNow(
  found: readonly string[],
  { kept, changed }: { readonly kept: Kept | undefined; readonly changed: Changed },
): readonly string[] {
  if (changed === 'all') return found
  const before = kept?.oddNames.filter((one) => !changed.has(one.replace(/(?<=.)@.*$/s, '')))
  return [...(before ?? []), ...found].toSorted(compareUtf8)
}

function sumOf(tallies: KeptMirror['tallies']): Tally {
  let [wanted, held, unlearned] = [0, 0, 0]
  for (const its of tallies.values())
    [wanted, held, unlearned] = [wanted + its[0], held + its[1], unlearned + its[2]]
  return [wanted, held, unlearned]
}

type Known = { readonly before: JsonObject; readonly baseUrl: string | undefined }

/** The report where nothing is new: the registry shows the tree that is here, and the same is wanted of it. */
async function findSame(
  { url, dir, fetch, selection, logKey }: MirrorOptions,
  { before, baseUrl }: Known,
): Promise<MirrorReport | undefined> {
  if (logKey !== undefined) return undefined // Who names a key wants it to be compared.
  if (textIn(before, 'selection') !== selectionDigest(selection)) return undefined
  if (textIn(before, 'baseUrl') !== baseUrl || !existsSync(join(dir, logFolder))) return undefined
  const here = readHere(dir)
  const { status, bytes } = await fetch(`${logRoot}checkpoint`, maxNoteBytes)
  if (here === undefined || status !== statusOk || before['root'] !== here.root) return undefined
  const shown = checkpointIn(Buffer.from(bytes).toString())
  if (shown?.origin !== here.origin || shown.size !== here.size) return undefined
  if (Buffer.from(shown.root).toString('base64') !== here.root) return undefined
  const held = Number(before['releases'] ?? 0)
  const none = { held, fetched: 0, fetchedBytes: 0, missing: [], refused: 0 }
  return {
    url,
    dir,
    origin: here.origin,
    size: here.size,
    newEntries: 0,
    logFiles: 0,
    repaired: false,
    isSame: true,
    releases: held,
    tarballs: none,
    packuments: null,
    unlearned: Number(before['unlearned'] ?? 0),
    oddNames: textsIn(before, 'oddNames'),
    absent: textsIn(before, 'absent'),
    withoutBytes: 0,
  }
}

const statusOk = 200

function checkpointIn(note: string): ReturnType<typeof parseCheckpoint> | undefined {
  try {
    return parseCheckpoint(note)
  } catch (error) {
    if (error instanceof SteleError) return undefined // Following the log says what is wrong with it.
    throw error
  }
}

function noteOf(
  { dir, url, selection }: MirrorOptions,
  {
    told,
    baseUrl,
    seal,
  }: {
    readonly told: Told
    readonly baseUrl: string | undefined
    readonly seal: StateSeal | undefined
  },
): string {
  const { origin, size, root } = readHere(dir) ?? {}
  const { releases, unlearned, oddNames, absent, withoutBytes, tarballs } = told
  // Where something was not to be had, the next run must look for it.
  const isWhole = withoutBytes === 0 && tarballs.missing.length === 0
  const wanted = isWhole ? selectionDigest(selection) : 'part'
  const said = { url, origin, size, root, ...seal, selection: wanted, baseUrl }
  return `${JSON.stringify({ ...said, releases, unlearned, oddNames, absent }, null, 2)}\n`
}

/** What a run before has written; what cannot be read is none, and all is looked at. */
function readNote(dir: string): JsonObject {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dir, noteFile), 'utf8'))
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

function textIn(note: JsonObject, member: string): string | undefined {
  const value = note[member]
  return typeof value === 'string' ? value : undefined
}

function textsIn(note: JsonObject, member: string): readonly string[] {
  const value = note[member]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
