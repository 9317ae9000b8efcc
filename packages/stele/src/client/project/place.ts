// Where somebody stands who types a command.
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { findRoot } from './workspaces.ts'

/** The project that a folder belongs to, and the folder of the package.json that is meant there. */
export type Place = {
  /** Where stele.lock is. */
  readonly root: string
  /** Where the nearest package.json is; the folder itself where there is none. */
  readonly folder: string
}

/** The folder of the package.json, below the root and with slashes. */
export function importerOf({ root, folder }: Place): string {
  const path = relative(root, folder).split(sep).join('/')
  return path === '' ? '.' : path
}

/** The place of this folder. */
export async function placeOf(folder: string): Promise<Place> {
  return { root: await findRoot(folder), folder: nearest(resolve(folder)) ?? resolve(folder) }
}

/** The places of packages of a workspace. */
export function placesOf(root: string, members: readonly { readonly folder: string }[]): Place[] {
  return members.map(({ folder }) => ({ root, folder: join(root, folder) }))
}

function nearest(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : nearest(above)
}
