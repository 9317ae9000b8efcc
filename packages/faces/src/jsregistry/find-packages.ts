// The packages in an archive, whatever its shape: a package at its root, below one folder, or many side by side, as in a WebJar.
import { SteleError } from '@stele/errors'
import { isJsonObject, parseTolerantJson } from '@stele/formats/json'
import {
  type PackageName,
  parsePackageName,
  parseVersion,
  type Version,
} from '@stele/formats/names'
import { maxUploadedPackages } from '../limits.ts'
import type { ZipEntry } from './read-zip.ts'

/** A package that was found: its files by their paths inside it. */
export type FoundPackage = {
  readonly name: PackageName
  readonly version: Version
  readonly files: readonly ZipEntry[]
}

/**
 * Every folder with a package.json, but for what lies in `node_modules` or in another package. Throws upload_invalid where there is
 * none or a package.json is broken, name_invalid, version_invalid.
 */
export function findPackages(entries: readonly ZipEntry[]): readonly FoundPackage[] {
  const roots = entries
    .filter(({ path }) => /(?:^|\/)package\.json$/.test(path))
    .map((entry) => ({ entry, root: entry.path.slice(0, -'package.json'.length) }))
    .filter(({ root }) => !/(?:^|\/)node_modules\//.test(root))
    .sort((a, b) => a.root.length - b.root.length)
  const outer: typeof roots = []
  for (const one of roots) {
    if (outer.every(({ root }) => !one.root.startsWith(root))) outer.push(one)
    if (outer.length > maxUploadedPackages) {
      throw refused(`it has more than ${maxUploadedPackages} packages`)
    }
  }
  if (outer.length === 0) throw refused('no package.json is in it')
  return outer.map(({ entry, root }) => ({
    ...identityOf(entry),
    files: entries
      .filter(({ path }) => path.startsWith(root))
      .map((file) => ({ ...file, path: file.path.slice(root.length) })),
  }))
}

function identityOf({ path, content }: ZipEntry): Pick<FoundPackage, 'name' | 'version'> {
  const manifest = parseTolerantJson(Buffer.from(content).toString('utf8'), `"${path}"`)
  if (!isJsonObject(manifest)) throw refused(`"${path}" is not a JSON object`)
  const { name, version } = manifest
  if (typeof name !== 'string') throw refused(`"${path}" has no "name"`)
  if (typeof version !== 'string') throw refused(`"${path}" has no "version"`)
  return { name: parsePackageName(name), version: parseVersion(version) }
}

function refused(reason: string): SteleError {
  return new SteleError('upload_invalid', { spec: 'the archive', reason })
}
