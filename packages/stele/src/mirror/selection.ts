// Which releases a mirror is to hold: all, those of some packages, or those of a lock file.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { compareUtf8, parsePackageName } from '@stele/formats/names'
import { parseLock } from '@stele/locks'

/** `all`, or names to the versions that are wanted; null for all versions of a package. */
export type Selection = 'all' | ReadonlyMap<string, ReadonlySet<string> | null>

/** What was typed. */
export type SelectionAsked = {
  readonly names: readonly string[]
  /** A lock file: its text, and what complaints call it. */
  readonly lock?: { readonly text: string; readonly path: string } | undefined
}

/** What is meant: names and lock together, all where there is neither. Throws `name_invalid`, `lock_invalid`, `usage_wrong`. */
export function readSelection({ names, lock }: SelectionAsked): Selection {
  if (names.length === 0 && lock === undefined) return 'all'
  const wanted = new Map<string, Set<string> | null>()
  for (const { name, version } of lock === undefined ? [] : packagesOf(lock)) {
    const versions = wanted.get(name)
    if (versions) versions.add(version)
    else wanted.set(name, new Set([version]))
  }
  for (const name of names) wanted.set(parsePackageName(name), null)
  return wanted
}

/** Whether a release is wanted. */
export function isWanted(selection: Selection, name: string, version: string): boolean {
  if (selection === 'all') return true
  const versions = selection.get(name)
  return versions === null || versions?.has(version) === true
}

/** The same text for the same releases. */
export function selectionDigest(selection: Selection): string {
  if (selection === 'all') return 'all'
  const lines = [...selection].map(([name, versions]) =>
    JSON.stringify([name, versions && [...versions].toSorted(compareUtf8)]),
  )
  return hash('sha256', lines.toSorted(compareUtf8).join('\n'))
}

/** Packages of registries: what git and addresses gave, and folders, are nobody's to mirror. */
function packagesOf({ text, path }: NonNullable<SelectionAsked['lock']>) {
  const { graph } = parseLock(text, path)
  const releases = [...graph.packages]
    .filter(([id, { name, version }]) => id === `${name}@${version}`)
    .map(([, release]) => release)
  if (releases.length > 0) return releases
  const reason = `--lock "${path}": it holds no package of a registry, so there is nothing to mirror`
  throw new SteleError('usage_wrong', { reason, command: 'mirror' })
}
