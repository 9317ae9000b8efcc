// Why a package, or a version of it, is not there: it never was, it was unpublished, or no upstream is asked for it.
import { type DetailsOf, SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { readHolders } from '@stele/releases/observed'
import { isoTime } from '@stele/releases/release'
import { packageObject, readNotice, readOrigin, readVersions } from '@stele/releases/state'
import type { RegistryPorts } from './ports.ts'

type Sources = Pick<RegistryPorts, 'state' | 'views' | 'upstream'>

/** The error that says why there is no such package, or no such version of it. */
export function missing(sources: Sources, name: PackageName, version?: string): SteleError {
  const { state, views } = sources
  if (version !== undefined) {
    const spec = `${name}@${version}`
    const { gone } = readNotice(state, name, version)
    if (gone) return new SteleError('version_not_found', { spec, unpublished: true })
    const left = leftUpstream(sources, name)
    return new SteleError('version_not_found', { spec, ...(left && { elsewhere: { left } }) })
  }
  const row = isUnpublished(state, name) ? views.package(name) : undefined
  if (row !== undefined && readOrigin(state, name) === 'hosted') {
    const unpublished = isoTime(row.modifiedMs).slice(0, 10)
    return new SteleError('package_not_found', { name, unpublished })
  }
  const elsewhere = findElsewhere(sources, name)
  return new SteleError('package_not_found', { name, ...(elsewhere && { elsewhere }) })
}

/** The upstream that the package came from, where it is asked no more because the settings do not name it. */
export function leftUpstream(
  { state, upstream }: Pick<Sources, 'state' | 'upstream'>,
  name: string,
): string | undefined {
  const origin = readOrigin(state, name)
  if (origin === undefined || origin === 'hosted') return undefined
  return upstream?.ids.includes(origin) === true || isReserved(state, name) ? undefined : origin
}

function findElsewhere(
  { state, upstream }: Sources,
  name: string,
): DetailsOf['package_not_found']['elsewhere'] {
  const left = leftUpstream({ state, ...(upstream && { upstream }) }, name)
  if (left !== undefined) return { left }
  if (upstream === undefined || upstream.ids.length === 0) return undefined
  if (readOrigin(state, name) === 'hosted') return undefined
  if (isReserved(state, name)) return { unasked: 'reserved' }
  if (upstream.isPrivate(name)) return { unasked: 'private' }
  const asked = upstream.whose(name)
  const heads = (['abbreviated', 'full'] as const).map((form) => upstream.head(name, form))
  const isNone = heads.some((head) => head !== undefined && head.digest === undefined)
  return asked !== undefined && isNone ? { asked } : undefined
}

/** True for a package that was here, and has no version left: one that has always has its "latest". */
export function isUnpublished(state: Sources['state'], name: string): boolean {
  return (
    state.list(`${packageObject(name)}/tags`).length === 0 && readVersions(state, name).length > 0
  )
}

/** By itself, or with its scope. */
function isReserved(state: Sources['state'], name: string): boolean {
  return readHolders(state, name).length > 0
}
