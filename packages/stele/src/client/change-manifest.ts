// An installation with other package.jsons than those that are there. They are read and changed when nobody else changes the project, and
// written when all else is done.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { installGraph } from './install.ts'
import type { InstallOptions, ProjectChange } from './installation.ts'
import { editManifest, type ManifestEdit, type Member, members } from './project/edit-manifest.ts'
import type { Pins } from './project/pins.ts'
import { type Place, placeOf } from './project/place.ts'
import { readManifest } from './project/project.ts'
import { readProjectFile } from './project/project-file.ts'

/** A package.json, as far as its dependencies go. */
export type DependencyManifest = {
  /** Names to specifiers. */
  readonly specifiers: (member: Member) => ReadonlyMap<string, string>
  /** The names of all dependencies. */
  readonly names: () => readonly string[]
}

/** The dependencies that stand in a package.json. */
function dependenciesIn(manifest: JsonObject): DependencyManifest {
  const specifiers = (member: Member): ReadonlyMap<string, string> => {
    const found = manifest[member]
    const entries = found !== undefined && isJsonObject(found) ? Object.entries(found) : []
    return new Map(
      entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
  }
  return { specifiers, names: () => members.flatMap((member) => [...specifiers(member).keys()]) }
}

/** What is to be changed. */
export type Planning = {
  /** In one package.json. */
  readonly plan: (
    manifest: DependencyManifest,
    place: Place,
  ) => readonly ManifestEdit[] | Promise<readonly ManifestEdit[]>
  /** The package.jsons; the nearest one where there are none, which is made where it is not there. */
  readonly places?: readonly Place[]
  /** Called when all is planned, and may throw: the versions that are meant by it. */
  readonly planned?: () => Pins | undefined
}

/** Installs with these changes. Throws what planning and installing throw; then the package.jsons are as they were. */
export async function changeManifest(
  options: InstallOptions,
  planning: Planning,
): ReturnType<typeof installGraph> {
  const { places = [] } = planning
  const all = places.length > 0 ? places : [await placeOf(options.root)]
  return installGraph({ ...options, change: () => edited(all, planning) })
}

async function edited(
  places: readonly Place[],
  { plan, planned }: Planning,
): Promise<ProjectChange> {
  const found = await Promise.all(
    places.map(async (place) => {
      const path = join(place.folder, 'package.json')
      const isThere = existsSync(path)
      const manifest = isThere ? readManifest(place.folder, '.').manifest : {}
      const before = isThere ? readProjectFile(path) : undefined
      const edits = await plan(dependenciesIn(manifest), place)
      return [path, await editManifest(before ?? '{}\n', edits)] as const
    }),
  )
  return { texts: new Map(found), pins: planned?.() }
}
