// What the state of a registry says of the releases that a mirror is to hold. The names are a stranger's.
import type { CarriedLog } from '@stele/audit'
import type { AuditedState } from '@stele/audit/checks'
import type { StateReader } from '@stele/entries/calls'
import { isSteleError, SteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { parseContentsValue, parseVersionsValue, type VersionsValue } from '@stele/formats/values'
import { knownRules } from '@stele/registry'
import {
  decode,
  type Notice,
  packageNames,
  packageObject,
  readLiveVersions,
  readNotice,
  readOrigin,
} from '@stele/releases/state'
import { isWanted, type Selection } from './selection.ts'

/** A release, as the log proves it. */
export type MirroredRelease = VersionsValue & {
  readonly name: string
  readonly version: string
  /** Of its tarball: hex, and bytes. */
  readonly sha512: string
  readonly sizeBytes: number
  readonly notice: Notice
}

/** What is to be mirrored. */
export type MirrorPlan = {
  /** Those of each package, by name. */
  readonly packages: ReadonlyMap<string, readonly MirroredRelease[]>
  /** Packages of upstreams, which the registry itself does not host. */
  readonly observed: number
  /** Names that no file is called, or that differ from another only in case. */
  readonly oddNames: readonly string[]
  /** What was asked for by name or by a lock, and the registry does not have: names, and releases. */
  readonly absent: readonly string[]
}

/** The releases that are wanted and that the registry hosts, in the order of their names. */
export function planMirror(
  state: AuditedState,
  {
    selection,
    withheld,
  }: { readonly selection: Selection /** Blobs. */; readonly withheld: ReadonlySet<string> },
): MirrorPlan {
  const told = withoutWithheld(state)
  const packages = new Map<string, readonly MirroredRelease[]>()
  const oddNames: string[] = []
  let observed = 0
  const names = packageNames(told).filter((name) => selection === 'all' || selection.has(name))
  const twins = twinsIn(names)
  for (const name of names) {
    const origin = readOrigin(told, name)
    if (origin !== 'hosted') observed += origin === undefined ? 0 : 1
    else if (!isFileName(name) || twins.has(name)) oddNames.push(name)
    else {
      const releases = releasesOf(told, name, selection)
      packages.set(
        name,
        releases.filter(({ sha512 }) => !withheld.has(sha512)),
      )
    }
  }
  return { packages, observed, oddNames, absent: absentOf(packages, selection) }
}

/** The blobs that takedowns name: nobody is to have them, so no packument shows them, and they go when the checkpoint is there. */
export function withheldBlobs({ withheld }: Pick<CarriedLog, 'withheld'>): ReadonlySet<string> {
  return new Set(withheld.flatMap(({ part }) => ('blob' in part ? [part.blob] : [])))
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

function releasesOf(
  state: StateReader,
  name: string,
  selection: Selection,
): readonly MirroredRelease[] {
  const object = packageObject(name)
  const textOf = (part: string, version: string): string | undefined => {
    const value = state.get(`${object}/${part}`, version)
    return value && decode(value)
  }
  return readLiveVersions(state, name).flatMap((version) => {
    if (!isWanted(selection, name, version)) return []
    const [said, contents] = [textOf('versions', version), textOf('contents', version)]
    if (said === undefined || contents === undefined) return []
    const { sha512, size } = parseContentsValue(contents)
    const notice = readNotice(state, name, version)
    return [{ ...parseVersionsValue(said), name, version, sha512, sizeBytes: size, notice }]
  })
}

/** Names of which all but the lower-case one would be the same file on some disks. */
function twinsIn(names: readonly string[]): ReadonlySet<string> {
  const known = new Set(names)
  const isTwin = (name: string): boolean =>
    name !== name.toLowerCase() && known.has(name.toLowerCase())
  return new Set(names.filter(isTwin))
}

/** What npm allows as a name stays within a folder: no dots at its start, no slash but a scope's. */
function isFileName(name: string): boolean {
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
