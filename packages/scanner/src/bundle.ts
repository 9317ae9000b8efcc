// A bundle of map.apps: its manifest.json is translated to the package.json that makes it a package.
import { isSteleError, type SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { parsePackageJson } from '@stele/formats/manifest'
import type { ZipEntry } from './read-zip.ts'

/** The package.json of a bundle, or why a manifest.json is no bundle's. */
type Translated = { readonly packageJson: ZipEntry } | { readonly fault: string }

/**
 * What a manifest.json says becomes the package.json beside it, every member as it stands, but for `location`, which the tree tells
 * itself. Pages and extensions of browsers have a manifest.json too: without `name` and `version` it is no bundle's.
 */
export function translateBundle({ path, content }: ZipEntry): Translated {
  const manifest = parseManifest(path, content)
  if (isSteleError(manifest)) return { fault: manifest.message }
  const { name, version, location: _place, ...others } = manifest
  if (manifest['Bundle-SymbolicName'] !== undefined && name === undefined) {
    const fault = `"${path}" has the members of map.apps 3; give it a "name" and a "version"`
    return { fault }
  }
  if (manifest['manifest_version'] !== undefined) {
    return { fault: `"${path}" is that of a browser extension` }
  }
  if (typeof name !== 'string') return { fault: `"${path}" has no "name"` }
  if (typeof version !== 'string') return { fault: `"${path}" has no "version"` }
  const text = `${JSON.stringify({ name, version, ...others }, undefined, 2)}\n`
  const root = path.slice(0, -'manifest.json'.length)
  return { packageJson: { path: `${root}package.json`, mode: 644, content: Buffer.from(text) } }
}

/** Within the bounds of a package.json, which it becomes. */
function parseManifest(path: string, content: Uint8Array): JsonObject | SteleError {
  try {
    return parsePackageJson(content, `"${path}"`)
  } catch (error) {
    if (isSteleError(error, 'json_invalid')) return error
    throw error
  }
}
