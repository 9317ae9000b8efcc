// An installation with another package.json than the one that is there: it is put back where the installation fails.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { editManifest, type ManifestEdit, type Member, members } from './edit-manifest.ts'
import { type InstallOptions, installGraph } from './install.ts'
import { type Place, placeOf } from './place.ts'
import { readManifest } from './project.ts'

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

/**
 * Installs with these changes of the nearest package.json, which is made where there is none. Throws what planning them and installing
 * throw; then package.json is as it was.
 */
export async function changeManifest(
  options: InstallOptions,
  plan: (
    manifest: DependencyManifest,
    place: Place,
  ) => readonly ManifestEdit[] | Promise<readonly ManifestEdit[]>,
): ReturnType<typeof installGraph> {
  const place = await placeOf(options.root)
  const path = join(place.folder, 'package.json')
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  const manifest = before === undefined ? {} : readManifest(place.folder, '.').manifest
  const edits = await plan(dependenciesIn(manifest), place)
  writeWhole(path, await editManifest(before ?? '{}\n', edits))
  let isDone = false
  try {
    const installed = await installGraph(options)
    isDone = options.isDryRun !== true
    return installed
  } finally {
    if (!isDone) {
      if (before === undefined) rmSync(path)
      else writeWhole(path, before)
    }
  }
}

/** Never half of it, whenever the process ends. */
function writeWhole(path: string, text: string): void {
  const own = `${path}.${process.pid}`
  writeFileSync(own, text)
  renameSync(own, path)
}
