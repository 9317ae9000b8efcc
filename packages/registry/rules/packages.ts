// What the rules ask of a package: its owners, its live versions, its notices.
import { activeCaller, isOperator } from './accounts.ts'
import { maxTagsPerPackage } from './limits.ts'
import { directoryOf, nameOf } from './names.ts'
import { refuse } from './refuse.ts'
import { exists, list, read, remove, write } from './system.ts'
import { versionOf } from './versions.ts'

/** What is said of a version: `gone` when it was removed. `differs` is written for upstream releases only. */
export type Notice = { deprecated?: string; differs?: unknown; gone?: true }

/** The directory of a package that is hosted here; refuses any other name. */
export function hostedDirectory(value: unknown): string {
  const name = nameOf(value)
  const origin = read(`${directoryOf(name)}/origin`)
  if (origin === undefined) {
    throw refuse('package_not_found', `Cannot find the package "${name}"`)
  }
  requireHosted(name, origin)
  return directoryOf(name)
}

/** A name belongs to one origin: refuses a package that belongs to an upstream. */
export function requireHosted(name: string, origin: string): void {
  if (origin !== 'hosted') {
    throw refuse('other_origin', `Cannot change "${name}": it belongs to the upstream "${origin}"`)
  }
}

/** Refuses everyone but an owner of the package; with `orOperator`, the operator may too. */
export function requireOwner(
  directory: string,
  { orOperator }: { orOperator: boolean } = { orOperator: false },
): string {
  const caller = activeCaller()
  if (exists(`${directory}/owners/${caller}`)) return caller
  if (orOperator && isOperator(caller)) return caller
  throw refuse('not_owner', `Cannot change the package: "${caller}" is not one of its owners`)
}

/** Points a tag to a version. A package can have only so many tags. */
export function writeTag(directory: string, tag: string, version: string): void {
  const tags = `${directory}/tags`
  if (read(`${tags}/${tag}`) === undefined && list(tags).length >= maxTagsPerPackage) {
    throw refuse(
      'too_many_tags',
      `Cannot set the tag "${tag}": the package has ${maxTagsPerPackage} tags already`,
    )
  }
  write(tags, tag, version)
}

/** A version that was published and not removed since. */
export function liveVersionOf(directory: string, value: unknown): string {
  const version = versionOf(value)
  const exists = read(`${directory}/versions/${version}`) !== undefined
  if (!exists || noticeOf(directory, version).gone === true) {
    throw refuse('version_not_found', `Cannot find the version ${version}`)
  }
  return version
}

/** Every version that was published and not removed since. */
export function liveVersions(directory: string): readonly string[] {
  const noticed = list(`${directory}/notices`)
  const gone = new Set(noticed.filter((version) => noticeOf(directory, version).gone === true))
  return list(`${directory}/versions`).filter((version) => !gone.has(version))
}

/** What is said of a version; an empty notice where nothing is. */
export function noticeOf(directory: string, version: string): Notice {
  const text = read(`${directory}/notices/${version}`)
  return text === undefined ? {} : JSON.parse(text)
}

/** Says this of a version from now on. An empty notice has no file. */
export function writeNotice(directory: string, version: string, notice: Notice): void {
  const { deprecated, differs, gone } = notice // Canonical JSON: the members in this order.
  const text = JSON.stringify({ deprecated, differs, gone })
  if (text !== '{}') write(`${directory}/notices`, version, text)
  else if (read(`${directory}/notices/${version}`) !== undefined) {
    remove(`${directory}/notices/${version}`)
  }
}
