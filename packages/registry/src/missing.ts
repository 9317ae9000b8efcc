// Why a package, or a version of it, is not there: it never was, or it was unpublished.
import { SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { isoTime } from '@stele/releases/release'
import { packageObject, readNotice, readVersions } from '@stele/releases/state'
import type { RegistryPorts } from './ports.ts'

type Sources = Pick<RegistryPorts, 'state' | 'views'>

/** The error that says why there is no such package, or no such version of it. */
export function missing(
  { state, views }: Sources,
  name: PackageName,
  version?: string,
): SteleError {
  if (version !== undefined) {
    const spec = `${name}@${version}`
    const { gone } = readNotice(state, name, version)
    return new SteleError('version_not_found', { spec, ...(gone && { unpublished: true }) })
  }
  const row = isUnpublished(state, name) ? views.package(name) : undefined
  if (row === undefined) return new SteleError('package_not_found', { name })
  const unpublished = isoTime(row.modifiedMs).slice(0, 10)
  return new SteleError('package_not_found', { name, unpublished })
}

/** True for a package that was here, and has no version left: one that has always has its "latest". */
export function isUnpublished(state: Sources['state'], name: string): boolean {
  return (
    state.list(`${packageObject(name)}/tags`).length === 0 && readVersions(state, name).length > 0
  )
}
