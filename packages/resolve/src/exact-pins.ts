// Versions that another package names exactly: whether they may be chosen whatever the project's rules say of them.
import type { PackageId } from './graph.ts'
import type { Packument, Release } from './packument.ts'

/** `isPinned`: another package asks for just this version, which is mostly published together with it. */
export type Refuse = (
  packument: Packument,
  release: Release,
  isPinned?: boolean,
) => string | undefined | Promise<string | undefined>

/** The package that names a version; undefined where the project does. */
type Pinner = { readonly id: PackageId; readonly release: Release } | undefined

/** A project may ask for any version by its number, and what it got so for those that came along: nothing else would fit. */
export async function mayPin(
  pinner: Pinner,
  { packument }: { readonly packument: (name: string) => Promise<Packument> },
  refuse: Refuse,
): Promise<boolean> {
  if (pinner === undefined) return true
  const { id, release } = pinner
  const { name, version } = release
  if (id !== `${name}@${version}`) return false
  return (await refuse(await packument(name), release)) !== undefined
}
