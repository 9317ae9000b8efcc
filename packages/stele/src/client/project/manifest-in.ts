// A package.json as it stands in a folder, however it was saved.
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { readProjectFile } from './project-file.ts'

/** What the text of a package.json says. Throws a SyntaxError, or an Error where it is something else than an object. */
export function parseManifest(text: string): JsonObject {
  const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, '')) // Some editors begin with a byte order mark.
  if (isJsonObject(manifest)) return manifest
  throw new Error('it is no JSON object')
}

/** The package.json of a folder; undefined where there is none that can be read. */
export function manifestIn(folder: string): JsonObject | undefined {
  try {
    return parseManifest(readProjectFile(join(folder, 'package.json')))
  } catch {
    return undefined
  }
}
