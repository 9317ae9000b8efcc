// One scanner: looks at all of its places again and again, and says what is new. What is being written is left until it holds still.
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { lookInto, realFolder, type Seen, seeFile, seeTree } from './disk.ts'
import type { Finding } from './finding.ts'
import { type FactStore, readKept, writeKept } from './kept.ts'
import { maxScannedPackages, settledMs, settleMs } from './limits.ts'
import { readArchive } from './read-archive.ts'
import { type Reading, readPackage } from './read-package.ts'
import type { ArchiveSource, FolderSource, Source } from './source.ts'
import { type NoPackages, walkSource } from './walk.ts'

/** A package that is new, or changed. */
export type Found = {
  readonly finding: Finding
  /** Where the log is to keep it. */
  readonly tarball?: Uint8Array
}

/** Something that is not as it should be. */
export type Trouble = { readonly place: string; readonly reason: string }

/** What a scan says. */
export type Scanned = {
  readonly found: readonly Found[]
  /** All that is there, `name@version`; undefined where something was never read yet, and may be any of them. */
  readonly present?: readonly string[]
  readonly troubles: readonly Trouble[]
  /** Something was not looked at yet, since it is being written. */
  readonly isMoving: boolean
  /** Folders in which changes are to be watched for. */
  readonly folders: readonly string[]
}

/** What a scanner needs of the world. `stateFolder` is its own. */
export type ScannerPorts = {
  readonly facts: FactStore
  readonly stateFolder: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Takes what was found so far, where it would be much to hold. */
  readonly hand: (found: readonly Found[]) => Promise<void>
}

export type Scanner = {
  /** Undefined where what is to be scanned is not there at all. */
  readonly scan: () => Promise<Scanned | undefined>
  /** Has the package be read again. */
  readonly forget: (spec: string) => void
}

/** A folder of a package, or an archive. */
type Unit = {
  readonly key: string
  readonly seen: Seen
  readonly read: () => Promise<Reading>
}

type Known = {
  mark: string
  /** Since when it holds still. */
  sinceMs: number
  /** Since when it is to be read, and does not hold still. */
  movingMs: number | undefined
  /** The mark that it was read at. */
  readMark: string | undefined
  findings: readonly Finding[]
  faults: readonly string[]
}

/** Bytes of tarballs that are held before they are handed on. */
const maxHeldBytes = 16 * 1024 * 1024

/** A scanner that goes on from what it kept. */
export function createScanner(source: Source, ports: ScannerPorts): Scanner {
  const known = restore(source, ports)
  const noPackages: NoPackages = new Map()
  let told: ReadonlyMap<string, string> = new Map()
  return {
    async scan() {
      const walked =
        source.kind === 'folder' ? folderUnits(source, noPackages) : archiveUnits(source)
      if (walked === undefined) return undefined
      const pass = new Pass(told, walked.troubles)
      for (const unit of walked.units()) {
        const one = knownOf(known, unit, ports.now())
        const tarballs = new Map<string, Uint8Array>()
        const outcome = await look(unit, one, { ...ports, tarballs })
        pass.add(unit, one, { outcome, tarballs })
        if (pass.heldBytes > maxHeldBytes) await ports.hand(pass.takeFound())
      }
      const left = [...known.keys()].filter((key) => !pass.keys.has(key))
      for (const key of left) known.delete(key)
      told = new Map([...pass.effective].map(([spec, finding]) => [spec, keyOf(finding)]))
      if (pass.hasRead || left.length > 0) keep(source, known, ports)
      const present = pass.isCertain ? { present: [...pass.effective.keys()] } : {}
      const { troubles, isMoving } = pass
      return { found: pass.takeFound(), ...present, troubles, isMoving, folders: walked.folders }
    },
    forget(spec) {
      for (const one of known.values()) {
        if (one.findings.some((finding) => specOf(finding) === spec)) one.readMark = undefined
      }
      told = new Map([...told].filter(([known]) => known !== spec))
    },
  }
}

/** One look at all that there is. */
class Pass {
  readonly keys: Set<string> = new Set()
  readonly effective: Map<string, Finding> = new Map()
  readonly troubles: Trouble[]
  readonly #told: ReadonlyMap<string, string>
  #found: Found[] = []
  #isFull = false
  heldBytes = 0
  isMoving = false
  hasRead = false
  isCertain = true

  constructor(told: ReadonlyMap<string, string>, troubles: readonly Trouble[]) {
    this.#told = told
    this.troubles = [...troubles]
  }

  /** What was found in one place. */
  add(
    { key }: Unit,
    { findings, faults }: Known,
    { outcome, tarballs }: { outcome: Outcome; tarballs: ReadonlyMap<string, Uint8Array> },
  ): void {
    this.keys.add(key)
    this.isMoving ||= outcome === 'moving'
    this.hasRead ||= outcome === 'read'
    if (outcome === 'moving' && findings.length + faults.length === 0) this.isCertain = false
    for (const reason of faults) this.troubles.push({ place: key, reason })
    for (const finding of findings) {
      const reason = this.#refusal(finding)
      if (reason === undefined) this.#take(finding, tarballs.get(specOf(finding)))
      else if (reason !== tooMany || !this.#isFull) this.troubles.push({ place: key, reason })
      this.#isFull ||= reason === tooMany
    }
  }

  /** What is new and was not handed on yet. */
  takeFound(): readonly Found[] {
    const found = this.#found
    this.#found = []
    this.heldBytes = 0
    return found
  }

  #refusal(finding: Finding): string | undefined {
    const spec = specOf(finding)
    const other = this.effective.get(spec)
    if (other !== undefined) return `${spec} is also at "${other.place.path}", which is taken`
    if (this.effective.size < maxScannedPackages) return undefined
    return tooMany
  }

  #take(finding: Finding, tarball: Uint8Array | undefined): void {
    const spec = specOf(finding)
    this.effective.set(spec, finding)
    if (this.#told.get(spec) === keyOf(finding)) return
    this.#found.push({ finding, ...(tarball && { tarball }) })
    this.heldBytes += tarball?.length ?? 0
  }
}

const tooMany = `there are more than ${maxScannedPackages} packages; this one and those behind it are left out`

function specOf({ name, version }: Finding): string {
  return `${name}@${version}`
}

function keyOf(finding: Finding): string {
  return JSON.stringify(finding)
}

function knownOf(all: Map<string, Known>, { key, seen }: Unit, nowMs: number): Known {
  let one = all.get(key)
  if (one === undefined) {
    const unread = { movingMs: undefined, readMark: undefined, findings: [], faults: [] }
    one = { ...unread, mark: seen.mark, sinceMs: nowMs }
    all.set(key, one)
  }
  if (one.mark !== seen.mark) {
    one.mark = seen.mark
    one.sinceMs = nowMs
  }
  return one
}

const restless = 'it changes all the time, and is left until it holds still'

type Outcome = 'same' | 'moving' | 'read'

/** Reads it where that is needed, and nobody is at it. */
async function look(
  { seen, read }: Unit,
  one: Known,
  { facts, now, tarballs }: ScannerPorts & { readonly tarballs: Map<string, Uint8Array> },
): Promise<Outcome> {
  const isWhole = one.findings.every(({ files }) => facts.has(files))
  if (one.readMark === seen.mark && isWhole) return 'same'
  const nowMs = now()
  one.movingMs ??= nowMs
  const isMoving = nowMs - one.sinceMs < settleMs && nowMs - seen.changedMs < settledMs
  const reading = isMoving ? undefined : await read()
  if (reading === undefined) {
    if (!isMoving) one.sinceMs = nowMs
    if (nowMs - one.movingMs > settledMs) one.faults = [restless]
    return 'moving'
  }
  one.movingMs = undefined
  const { packages, faults } = reading
  for (const { finding, facts: own, tarball } of packages) {
    facts.put(finding.files, own)
    if (tarball !== undefined) tarballs.set(specOf(finding), tarball)
  }
  // What is broken now stays what it was: it is there, and is being mended.
  const isBroken = packages.length === 0 && faults.length > 0
  if (!isBroken) one.findings = packages.map(({ finding }) => finding)
  one.faults = faults
  one.readMark = seen.mark
  return 'read'
}

type Units = {
  readonly units: () => Iterable<Unit>
  readonly folders: readonly string[]
  readonly troubles: readonly Trouble[]
}

function folderUnits(source: FolderSource, noPackages: NoPackages): Units | undefined {
  const walked = walkSource(source, noPackages)
  if (walked === undefined) return undefined
  const folders = [...walked.folders]
  const reason =
    'not all of it is looked at: it has too many folders, or too many inside each other'
  return {
    *units() {
      for (const root of walked.roots) {
        const path = join(walked.folder, root)
        const tree = seeTree(path)
        folders.push(...tree.folders)
        const seen = { ...tree, mark: hash('sha256', tree.mark, 'hex') }
        yield { key: path, seen, read: () => readPackage({ path, inside: root }, tree, source) }
      }
    },
    folders,
    troubles: walked.isCut ? [{ place: source.folder, reason }] : [],
  }
}

/** The archives that are named, and those in the folders that are. */
function archiveUnits({ paths }: ArchiveSource): Units {
  const files: string[] = []
  const folders: string[] = []
  const troubles: Trouble[] = []
  for (const named of paths) {
    const path = realFolder(named) ?? named
    const inside = lookInto(path)
    if (inside !== undefined) {
      folders.push(path)
      files.push(...inside.files.filter(isArchive).map((name) => join(path, name)))
    } else if (seeFile(path) !== undefined) files.push(path)
    else troubles.push({ place: path, reason: 'there is no such file or folder' })
  }
  return {
    *units() {
      for (const path of files) {
        const seen = seeFile(path)
        if (seen !== undefined) yield { key: path, seen, read: () => readArchive(path, seen) }
      }
    },
    folders,
    troubles,
  }
}

function isArchive(name: string): boolean {
  return /\.(?:jar|zip)$/i.test(name)
}

const form = 2

/** What was kept of another source, or by another release, is of no use. */
function restore(source: Source, { stateFolder }: ScannerPorts): Map<string, Known> {
  const kept = readKept(stateFolder, source.scanner)
  const isOurs =
    typeof kept === 'object' &&
    kept !== null &&
    'source' in kept &&
    kept.source === sourceKey(source) &&
    'units' in kept &&
    Array.isArray(kept.units)
  if (!isOurs) return new Map()
  const units = kept.units as readonly (readonly [string, Known])[] // Written by keep(), of this form.
  return new Map(units)
}

function keep(source: Source, known: Map<string, Known>, { stateFolder }: ScannerPorts): void {
  writeKept(stateFolder, source.scanner, { source: sourceKey(source), units: [...known] })
}

function sourceKey(source: Source): string {
  return JSON.stringify([form, source])
}
