// What the state of a registry says of the releases that a mirror is to hold. The names are a stranger's.
import type { CarriedLog } from '@stele/audit'
import type { AuditedState } from '@stele/audit/checks'
import type { StateReader } from '@stele/entries/calls'
import { isSteleError, SteleError } from '@stele/errors'
import { parseRecord } from '@stele/formats/manifest'
import { compareUtf8, formatIntegrity, parsePackageName, parseVersion } from '@stele/formats/names'
import { parseContentsValue, parseVersionsValue, type VersionsValue } from '@stele/formats/values'
import { knownRules } from '@stele/registry'
import { readAmended, readSeenChunks } from '@stele/releases/observed'
import {
  decode,
  type Notice,
  packageNames,
  packageObject,
  readLiveVersions,
  readNotice,
  readOrigin,
} from '@stele/releases/state'
import { maxFileNameBytes, maxTarballBytes } from './limits.ts'
import { isWanted, type Selection } from './selection.ts'

/** A release that a mirror is to hold. */
export type MirroredRelease = {
  readonly name: string
  readonly version: string
  /** Of its tarball: hex, and bytes. */
  readonly sha512: string
  readonly sizeBytes: number
  /** It came from an upstream: the registry serves its tarball, which is no blob of its log. */
  readonly isObserved: boolean
}

/** What the log proves of it. */
export type ToldRelease = MirroredRelease & VersionsValue & { readonly notice: Notice }

/** The folder of the tarballs, beside the packuments. A package that is called so has none. */
export const tarballFolderName = '-'

/** The packages of which something changed. */
export type Changed = 'all' | ReadonlySet<string>

/** What is to be mirrored. */
export type MirrorPlan = {
  /** Those of each package, by name. */
  readonly packages: ReadonlyMap<string, readonly MirroredRelease[]>
  /** Releases of upstreams of which the log does not tell what they hold, by package: nothing could be compared with it. */
  readonly unlearned: ReadonlyMap<string, number>
  /** Names, and releases, that no file is called, or that differ from another only in case. */
  readonly oddNames: readonly string[]
  /** What was asked for by name or by a lock, and the registry does not have: names, and releases. */
  readonly absent: readonly string[]
}

/** The releases that are wanted, in the order of their names: those that the registry hosts, and those of upstreams that it has given to somebody. */
export function planMirror(
  state: AuditedState,
  {
    selection,
    withheld,
    changed = 'all',
  }: {
    readonly selection: Selection
    /** Blobs. */
    readonly withheld: ReadonlySet<string>
    /** Names: no other packages are looked at. */
    readonly changed?: Changed
  },
): MirrorPlan {
  const told = withoutWithheld(state)
  const packages = new Map<string, readonly MirroredRelease[]>()
  const oddNames: string[] = []
  const unlearned = new Map<string, number>()
  const names = namesIn(told, changed).filter((name) => selection === 'all' || selection.has(name))
  const twins = twinsIn(names)
  for (const name of names) {
    const origin = readOrigin(told, name)
    if (origin === undefined) continue
    if (!isFileName(name) || twins.has(name)) oddNames.push(name)
    else {
      const { releases, others, odd } = releasesOf(told, name, { selection, origin })
      if (others > 0) unlearned.set(name, others)
      oddNames.push(...odd)
      packages.set(
        name,
        releases.filter(({ sha512 }) => !withheld.has(sha512)),
      )
    }
  }
  return {
    packages,
    unlearned,
    oddNames: oddNames.toSorted(compareUtf8),
    absent: absentOf(packages, selection),
  }
}

/** The blobs that takedowns name: nobody is to have them, so no packument shows them, and they go when the checkpoint is there. */
export function withheldBlobs({ withheld }: Pick<CarriedLog, 'withheld'>): ReadonlySet<string> {
  return new Set(withheld.flatMap(({ part }) => ('blob' in part ? [part.blob] : [])))
}

function namesIn(state: StateReader, changed: Changed): readonly string[] {
  return changed === 'all' ? packageNames(state) : [...changed].toSorted(compareUtf8)
}

/** Blobs that a replay of the rules reads: what upstreams showed, and package.jsons that replaced what they told. */
export function replayedBlobs(
  state: AuditedState,
  { withheld, changed }: { readonly withheld: ReadonlySet<string>; readonly changed: Changed },
): readonly string[] {
  const told = withoutWithheld(state)
  const blobs = namesIn(told, changed).flatMap((name) => {
    if (readOrigin(told, name) === undefined) return []
    const object = `${packageObject(name)}/amended`
    const manifests = told.list(object).flatMap((version) => {
      const value = told.get(object, version)
      return /^\{"manifest":"([0-9a-f]{128})"/.exec(value ? decode(value) : '')?.[1] ?? []
    })
    return [...readSeenChunks(told, name), ...manifests]
  })
  return [...new Set(blobs)].filter((blob) => !withheld.has(blob))
}

/** A service's files are values of its state, of which a mirror would hold none. Throws `mirror_impossible`. */
export function requireRegistry(
  url: string,
  { settingBlobs }: Pick<CarriedLog, 'settingBlobs'>,
): void {
  if (settingBlobs.some((name) => knownRules().includes(name))) return
  const reason = 'it is no registry whose rules this release knows. "stele clone" copies services'
  throw new SteleError('mirror_impossible', { url, reason })
}

/** A value that is withheld is none: reading it would throw. */
export function withoutWithheld(state: AuditedState): StateReader {
  return {
    list: state.list,
    get: (object, field) => {
      const value = state.row(object, field)?.value
      return value instanceof Uint8Array ? value : undefined
    },
  }
}

/** `others`: how many are left out, since nobody knows what they hold. `odd`: those that are no names of files. Throws `mirror_impossible`. */
function releasesOf(
  state: StateReader,
  name: string,
  { selection, origin }: { readonly selection: Selection; readonly origin: string },
): {
  readonly releases: readonly MirroredRelease[]
  readonly others: number
  readonly odd: readonly string[]
} {
  const object = packageObject(name)
  const isObserved = origin !== 'hosted'
  const releases: MirroredRelease[] = []
  const odd: string[] = []
  let others = 0
  const versions = [...readLiveVersions(state, name)]
  const twins = twinsIn(versions)
  for (const version of versions) {
    if (!isWanted(selection, name, version)) continue
    if (twins.has(version) || !hasFile(name, version)) {
      odd.push(`${name}@${version}`)
      continue
    }
    const said = state.get(`${object}/versions`, version)
    const found = state.get(`${object}/contents`, version)
    const contents = found && parseContentsValue(decode(found))
    if (said === undefined || contents === undefined || contents.files === null) {
      others += isObserved ? 1 : 0
      continue
    }
    const { sha512, size: sizeBytes } = contents
    if (sizeBytes > maxTarballBytes) {
      const reason = `the log says that ${version} has a tarball of ${sizeBytes} bytes, and no registry takes so many`
      throw new SteleError('mirror_impossible', { url: name, reason })
    }
    releases.push({ name, version, sha512, sizeBytes, isObserved })
  }
  return { releases, others, odd }
}

/** Whether its tarball can be a file. A log may say anything: what is no version could lead out of the folder. */
function hasFile(name: string, version: string): boolean {
  try {
    return moduleFile({ name, version: parseVersion(version) }).length <= maxFileNameBytes
  } catch (error) {
    if (isSteleError(error, 'version_invalid')) return false
    throw error
  }
}

/** A tarball's file as mnpm's mirrors call it. */
export function moduleFile({ name, version }: Pick<MirroredRelease, 'name' | 'version'>): string {
  return `${name.slice(name.indexOf('/') + 1)}-v${version}.tgz`
}

/** What the log proves of releases of one package. */
export function tellReleases(
  state: StateReader,
  name: string,
  releases: readonly MirroredRelease[],
): readonly ToldRelease[] {
  const isObserved = releases.some((release) => release.isObserved)
  const amended = isObserved ? readAmended(state, name) : new Map<string, string>()
  return releases.map((release) => {
    const { version, sha512 } = release
    const said = state.get(`${packageObject(name)}/versions`, version)
    if (said === undefined) throw new Error(`${name}@${version} is not in the state`)
    const { record, integrity } = parseVersionsValue(decode(said))
    const own = amended.get(version)
    return {
      ...release,
      record: own === undefined ? record : parseRecord(own),
      // A SHA-1 is what an upstream told, the SHA-512 what the registry found.
      integrity: integrity.startsWith('sha512-')
        ? integrity
        : formatIntegrity('sha512', Buffer.from(sha512, 'hex')),
      notice: readNotice(state, name, version),
    }
  })
}

/** Names of which all but one would be the same file on some disks: the lower-case one, or else the first, is none of them. */
function twinsIn(names: readonly string[]): ReadonlySet<string> {
  const twins = new Set<string>()
  const first = new Map<string, string>()
  for (const name of names.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const lower = name.toLowerCase()
    if (first.has(lower)) twins.add(name)
    else first.set(lower, name)
  }
  return twins
}

function rankOf(name: string): number {
  return name === name.toLowerCase() ? 0 : 1
}

/** What npm allows as a name stays within a folder: no dots at its start, no slash but a scope's. The tarballs' folder has a name that is taken. */
export function isFileName(name: string): boolean {
  if (name === tarballFolderName) return false
  try {
    parsePackageName(name)
    return true
  } catch (error) {
    if (isSteleError(error, 'name_invalid')) return false
    throw error
  }
}

function absentOf(packages: MirrorPlan['packages'], selection: Selection): readonly string[] {
  if (selection === 'all') return []
  return [...selection].flatMap(([name, versions]) => {
    const found = new Set(packages.get(name)?.map(({ version }) => version))
    if (versions === null) return found.size > 0 ? [] : [name]
    return [...versions].filter((one) => !found.has(one)).map((one) => `${name}@${one}`)
  })
}
