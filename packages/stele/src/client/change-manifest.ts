// An installation with another package.json than the one that is there: it is put back where the installation fails.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { editManifest, type ManifestEdit, type Member, members } from './edit-manifest.ts'
import { type InstallOptions, installGraph } from './install.ts'
import { type Place, placeOf } from './place.ts'
import { readManifest } from './project.ts'
import { writeWhole } from './write-whole.ts'

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

/** What is to be changed in a package.json. */
export type PlanEdits = (
  manifest: DependencyManifest,
  place: Place,
) => readonly ManifestEdit[] | Promise<readonly ManifestEdit[]>

/**
 * Installs with these changes of the package.jsons in these folders, of the nearest one where none is given, which is made where there is
 * none. `options` may depend on what was planned. Throws what planning and installing throw; then the package.jsons are as they were.
 */
export async function changeManifest(
  options: InstallOptions | (() => InstallOptions),
  plan: PlanEdits,
  at: readonly Place[] = [],
): ReturnType<typeof installGraph> {
  const asked = typeof options === 'function' ? options : () => options
  const places = at.length > 0 ? at : [await placeOf(asked().root)]
  const edited = await Promise.all(
    places.map(async (place) => {
      const path = join(place.folder, 'package.json')
      const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
      const manifest = before === undefined ? {} : readManifest(place.folder, '.').manifest
      const edits = await plan(dependenciesIn(manifest), place)
      return { path, before, after: await editManifest(before ?? '{}\n', edits) }
    }),
  )
  let isDone = false
  try {
    for (const { path, after } of edited) writeWhole(path, after)
    const installed = await installGraph(asked())
    isDone = asked().isDryRun !== true
    return installed
  } finally {
    if (!isDone) {
      for (const { path, before } of edited) {
        if (before === undefined) rmSync(path, { force: true })
        else writeWhole(path, before)
      }
    }
  }
}
