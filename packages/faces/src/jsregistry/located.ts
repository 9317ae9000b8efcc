// Located packages beside those that were published: a published version comes first, and no upstream is asked of a located name.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import { highestUpTo } from '@stele/formats/ranges'
import type { Ask } from '@stele/http/routes'
import { maxListedPackages } from '../limits.ts'
import { distributionUrl, treeUrl, versionUrl } from './addresses.ts'
import type { JsRegistryPorts, LocatedReads, LocatedVersion } from './ports.ts'

type Ports = Pick<JsRegistryPorts, 'registry' | 'located'>

/** A located package, and who reads it. */
export type FoundLocated = { readonly reads: LocatedReads; readonly one: LocatedVersion }

/** The located versions of a name that were not published; none for names that were not located. */
export function locatedOf(
  { registry, located }: Ports,
  name: PackageName,
): readonly FoundLocated[] {
  const versions = located?.versions(name) ?? []
  if (located === undefined || versions.length === 0) return []
  const published = publishedOf({ registry, located }, name)
  return versions
    .filter(({ version }) => !published.includes(version))
    .map((one) => ({ reads: located, one }))
}

/** Of the packages that were published here, or located beside it, sorted. */
export function allNames({ registry, located }: Ports): readonly string[] {
  const published = registry.listed(maxListedPackages).found.map(({ name }) => name)
  const others = located?.names() ?? []
  return others.length === 0 ? published : [...new Set([...published, ...others])].sort()
}

/** One of them. */
export function findLocated(
  ports: Ports,
  name: PackageName,
  version: string,
): FoundLocated | undefined {
  return locatedOf(ports, name).find(({ one }) => one.version === version)
}

/** To be awaited before anything of a name is read: of one that was located here, nobody else hears. */
export async function prepareName(
  { registry, located }: Ports,
  name: PackageName,
  { form, client }: { readonly form: 'full' | 'abbreviated'; readonly client: string },
): Promise<void> {
  if ((located?.versions(name) ?? []).length > 0) return
  await registry.prepare(name, form, client)
}

/** The versions that were published, in that order, and then those that are located only; undefined where there is neither. */
export function versionsOf(ports: Ports, name: PackageName): readonly string[] | undefined {
  const located = locatedOf(ports, name).map(({ one }) => one.version)
  if (located.length === 0 && !isLocated(ports, name)) return ports.registry.versions(name)
  return [...publishedOf(ports, name), ...located]
}

/** Tag to version. `latest` is the highest located one where none was published. */
export function tagsOf(ports: Ports, name: PackageName): Readonly<Record<string, string>> {
  if (!isLocated(ports, name)) return ports.registry.tags(name) ?? {}
  const tags = publishedOf(ports, name).length > 0 ? (ports.registry.tags(name) ?? {}) : {}
  return { ...latestOf(locatedOf(ports, name)), ...tags }
}

/** The published versions of a name that was located: an upstream's are not among them. */
export function publishedOf({ registry }: Ports, name: PackageName): readonly string[] {
  return registry.isOwn(name) ? (registry.versions(name) ?? []) : []
}

export function isLocated({ located }: Pick<Ports, 'located'>, name: PackageName): boolean {
  return (located?.versions(name) ?? []).length > 0
}

function latestOf(located: readonly FoundLocated[]): { readonly latest?: string } {
  const latest = highestUpTo(
    located.map(({ one }) => one.version),
    '',
  )
  return latest === undefined ? {} : { latest }
}

/** Where its files are: where the operator says, or in the tree. */
export function locationOf({ one }: FoundLocated, ask: Pick<Ask, 'baseUrl'>): string {
  const { location, name, version } = one
  if (location === undefined) return versionUrl(treeUrl(ask), name, version)
  return location.startsWith('/') ? new URL(location, ask.baseUrl()).href : location
}

/** Its package.json, with `dist` where it has a tarball. */
export async function showManifest(
  { reads, one }: FoundLocated,
  tree: string,
): Promise<{ readonly manifest: JsonObject; readonly dist?: JsonObject }> {
  const { _id, dist: _dist, ...manifest } = await reads.manifest(one)
  const { name, version, distribution } = one
  if (distribution === undefined) return { manifest }
  const { integrity, shasum } = distribution
  const tarball = distributionUrl(tree, { name, version, type: 'tgz' })
  return { manifest, dist: { integrity, shasum, tarball } }
}

/** Throws why no tarball of a name can be told of now, where the log knows one: server_busy, located_changed. */
export async function refuseWaiting(ports: Ports, name: PackageName): Promise<void> {
  const waiting = locatedOf(ports, name).find(({ one }) => one.awaitsTarball === true)
  if (waiting === undefined) return
  await waiting.reads.tarball(waiting.one)
  // It is in the log, and what npm needs besides comes with the scan.
  throw new SteleError('server_busy', { reason: `${name} is being scanned`, retryAfterS: 5 })
}

/** A packument of what was published, with the located versions that can be installed. */
export async function addLocated(
  packument: JsonObject,
  ports: Ports,
  { name, tree }: { readonly name: PackageName; readonly tree: string },
): Promise<JsonObject> {
  const installable = locatedOf(ports, name).filter(({ one }) => one.distribution !== undefined)
  const shown: [version: string, manifest: JsonObject][] = []
  for (const found of installable) {
    // One file is open at a time, however many versions there are.
    const { manifest, dist } = await showManifest(found, tree)
    shown.push([found.one.version, { ...manifest, dist: dist ?? {} }])
  }
  const versions = objectIn(packument, 'versions')
  const tags = { ...latestOf(installable), ...objectIn(packument, 'dist-tags') }
  return {
    ...packument,
    name,
    'dist-tags': tags,
    versions: { ...versions, ...Object.fromEntries(shown) },
  }
}

function objectIn(value: JsonObject, member: string): JsonObject {
  const found = value[member]
  return isJsonObject(found) ? found : {}
}
