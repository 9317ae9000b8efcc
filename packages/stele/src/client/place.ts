// Where somebody stands who types a command.
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { findRoot } from './workspaces.ts'

/** The project that a folder belongs to, and the folder of the package.json that is meant there. */
export type Place = {
  /** Where stele.lock is. */
  readonly root: string
  /** Where the nearest package.json is; the folder itself where there is none. */
  readonly folder: string
}

/** The place of this folder. */
export async function placeOf(folder: string): Promise<Place> {
  return { root: await findRoot(folder), folder: nearest(resolve(folder)) ?? resolve(folder) }
}

function nearest(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : nearest(above)
}
