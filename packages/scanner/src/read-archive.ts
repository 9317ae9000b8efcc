// The packages in a JAR: those that its index names, and WebJars. They have no tarball, and are shown from where they lie.
import { isSteleError } from '@stele/errors'
import { parsePackageName, parseVersion } from '@stele/formats/names'
import { translateBundle } from './bundle.ts'
import { readSeen, type Seen, seeFile } from './disk.ts'
import { describe, listedOf } from './finding.ts'
import { maxArchivePackages, maxIndexBytes, maxScannedArchiveBytes } from './limits.ts'
import { readProperty } from './properties.ts'
import type { Reading, ReadPackage } from './read-package.ts'
import { listZip, readZip, type ZipEntry } from './read-zip.ts'

/** The index that the JS Registry's Maven plugin writes. */
const indexPath = 'META-INF/js-registry-packs.properties'
const webjars = /^META-INF\/resources\/webjars\/([^/]+)\/([^/]+)\//

/** Reads an archive, which was seen to hold still. */
export async function readArchive(
  path: string,
  seen: Seen & { sizeBytes: number },
): Promise<Reading> {
  if (seen.sizeBytes > maxScannedArchiveBytes) {
    return { packages: [], faults: [`it has more than ${maxScannedArchiveBytes} bytes`] }
  }
  const bytes = readSeen(path, seen)
  if (bytes === undefined) return undefined
  try {
    const paths = await listZip(bytes)
    const isWanted = paths.some((one) => one === indexPath || webjars.test(one))
    const reading = isWanted
      ? readEntries(path, await readZip(bytes), seen.changedMs)
      : { packages: [], faults: [] }
    return seeFile(path)?.mark === seen.mark ? reading : undefined
  } catch (error) {
    if (!isSteleError(error)) throw error
    return { packages: [], faults: [error.message] }
  }
}

/** The files of a package in an archive, one that is made of what is known among them. Undefined where there are none. */
export function filesBelow(
  entries: readonly ZipEntry[],
  prefix: string,
): readonly ZipEntry[] | undefined {
  const files = entries
    .filter(({ path }) => path.startsWith(prefix))
    .map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) }))
    .filter(({ path }) => !path.split('/').includes('node_modules'))
  if (files.length === 0) return undefined
  if (files.some(({ path }) => path === 'package.json')) return files
  const bundle = files.find(({ path }) => path === 'manifest.json')
  const translated = bundle && translateBundle(bundle)
  const made =
    translated !== undefined && 'packageJson' in translated
      ? translated.packageJson
      : ofPath(prefix)
  return made && [...files, made]
}

/** The path of a WebJar tells a name and a version, and nothing else of it is certain. */
function ofPath(prefix: string): ZipEntry | undefined {
  const [, name = '', version = ''] = webjars.exec(prefix) ?? []
  try {
    const said = { name: parsePackageName(name), version: parseVersion(version) }
    return {
      path: 'package.json',
      mode: 644,
      content: Buffer.from(`${JSON.stringify(said, undefined, 2)}\n`),
    }
  } catch (error) {
    if (isSteleError(error)) return undefined
    throw error
  }
}

function readEntries(path: string, entries: readonly ZipEntry[], modifiedMs: number): Reading {
  const packages: ReadPackage[] = []
  const faults: string[] = []
  const prefixes = prefixesOf(entries)
  if (prefixes === undefined) {
    const reason = `its "${indexPath}" has more than ${maxIndexBytes} bytes, or it has more than ${maxArchivePackages} packages`
    return { packages: [], faults: [reason] }
  }
  for (const prefix of prefixes) {
    const files = filesBelow(entries, prefix)
    const packageJson = files?.find((file) => file.path === 'package.json')
    if (files === undefined || packageJson === undefined) {
      faults.push(`it has no package at "${prefix}", or none whose name and version are known`)
      continue
    }
    try {
      const listed = files.map((file) => listedOf(file.path, file.mode, file.content))
      const { facts, ...said } = describe(listed, packageJson.content)
      const place = { kind: 'archive', path, prefix } as const
      packages.push({ finding: { ...said, place, modifiedMs }, facts })
    } catch (error) {
      if (!isSteleError(error)) throw error
      faults.push(`"${prefix}": ${error.message}`)
    }
  }
  return { packages, faults }
}

/** Folders of packages, each with a slash at its end; an empty one is the archive's own root. Undefined where they are too many. */
function prefixesOf(entries: readonly ZipEntry[]): readonly string[] | undefined {
  const index = entries.find(({ path }) => path === indexPath)?.content ?? new Uint8Array()
  if (index.length > maxIndexBytes) return undefined
  const indexed = (readProperty(Buffer.from(index).toString(), 'packages') ?? '')
    .split(',')
    .map((one) => one.trim().split('/').filter(Boolean).join('/'))
    .filter((one) => one !== '')
    .map((one) => `${one}/`)
  const found = entries.flatMap(({ path }) => webjars.exec(path)?.[0] ?? [])
  const all = new Set([...indexed, ...found])
  return all.size > maxArchivePackages ? undefined : [...all]
}
