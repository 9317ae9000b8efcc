// The packages in an archive, whatever its shape: a package at its root, below one folder, or many side by side, as in a WebJar.
import { SteleError } from '@stele/errors'
import {
  formatRecord,
  normalizeManifest,
  parsePackageJson,
  recordOf,
} from '@stele/formats/manifest'
import type { PackageName, Version } from '@stele/formats/names'
import { translateBundle } from './bundle.ts'
import { maxDescribingBytes, maxUploadedPackages } from './limits.ts'
import type { ZipEntry } from './read-zip.ts'

/** A package that was found: its files by their paths inside it. */
export type FoundInArchive = {
  readonly name: PackageName
  readonly version: Version
  readonly files: readonly ZipEntry[]
}

/**
 * Every folder with a package.json, or with the manifest.json of a bundle, but for what lies in `node_modules` or in another package.
 * Throws upload_invalid where there is none or a package.json is broken, json_invalid, name_invalid, version_invalid, json_not_canonical, manifest_invalid.
 */
export function findPackages(entries: readonly ZipEntry[]): readonly FoundInArchive[] {
  const roots: { readonly root: string; readonly packageJson: ZipEntry; readonly made: boolean }[] =
    []
  const faults: string[] = []
  let describingBytes = 0
  for (const { root, entry } of describedFolders(entries)) {
    if (roots.some((outer) => root.startsWith(outer.root))) continue
    describingBytes += entry.content.length
    if (describingBytes > maxDescribingBytes) {
      throw refused(`what describes its packages takes more than ${maxDescribingBytes} bytes`)
    }
    const made = entry.path.endsWith('manifest.json')
    const bundle = made ? translateBundle(entry) : { packageJson: entry }
    if ('fault' in bundle) faults.push(bundle.fault)
    else roots.push({ root, packageJson: bundle.packageJson, made })
    if (roots.length > maxUploadedPackages) {
      throw refused(`it has more than ${maxUploadedPackages} packages`)
    }
  }
  if (roots.length === 0) throw refused(faults[0] ?? 'it has no package.json, and no manifest.json')
  const packages = roots.map(({ root, packageJson, made }): FoundInArchive => {
    const files = [...(made ? [packageJson] : []), ...entries]
      .filter(({ path }) => path.startsWith(root))
      .map((file) => ({ ...file, path: file.path.slice(root.length) }))
    const paths = files.map(({ path }) => path)
    return { ...identityOf(packageJson, paths), files }
  })
  refuseRepeated(packages)
  return packages
}

/** Folders with what may describe a package, outer ones first, and in each the package.json first. */
function describedFolders(
  entries: readonly ZipEntry[],
): readonly { readonly root: string; readonly entry: ZipEntry }[] {
  const described = (file: string): { readonly root: string; readonly entry: ZipEntry }[] =>
    entries
      .filter(({ path }) => path === file || path.endsWith(`/${file}`))
      .map((entry) => ({ root: entry.path.slice(0, -file.length), entry }))
  return [...described('package.json'), ...described('manifest.json')]
    .filter(({ root }) => !/(?:^|\/)node_modules\//.test(root))
    .sort((a, b) => a.root.length - b.root.length)
}

/** Its name and version, as publishing reads them: what that would refuse is refused before any of the others is published. */
function identityOf(
  { path, content }: ZipEntry,
  paths: readonly string[],
): Pick<FoundInArchive, 'name' | 'version'> {
  const what = `"${path}"`
  const said = parsePackageJson(content, what)
  if (typeof said['name'] !== 'string') throw refused(`${what} has no "name"`)
  if (typeof said['version'] !== 'string') throw refused(`${what} has no "version"`)
  const record = recordOf(normalizeManifest(said, paths))
  formatRecord(record)
  return { name: record.name, version: record.version }
}

function refuseRepeated(packages: readonly FoundInArchive[]): void {
  const specs = packages.map(({ name, version }) => `${name}@${version}`)
  const repeated = specs.find((spec, at) => specs.indexOf(spec) !== at)
  if (repeated !== undefined) throw refused(`${repeated} is in it twice`)
}

function refused(reason: string): SteleError {
  return new SteleError('upload_invalid', { spec: 'the archive', reason })
}
