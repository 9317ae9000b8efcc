// A packument as a registry tells it, made safe to work with. All of it is a stranger's word: an odd version must not end the installation
// of another.
import { isJsonObject } from '@stele/formats/json'
import {
  integrityOf,
  isIntegrity,
  type Packument,
  type Release,
  soundRelease,
} from '@stele/resolve/graph'
import type { RegistryConfig } from './config.ts'

type Config = Pick<RegistryConfig, 'registryOf'>

/** The same packument, without the versions that have no tarball and the fields that are not what they must be. */
export function tidyPackument(config: Config, name: string, packument: Packument): Packument {
  dropOthers(packument['dist-tags'], isText)
  if (!isText(packument.modified)) Reflect.deleteProperty(packument, 'modified')
  const time: unknown = packument.time
  if (isJsonObject(time)) dropOthers(time, isText)
  else Reflect.deleteProperty(packument, 'time')
  for (const version of Object.keys(packument.versions)) tidy(config, packument, { name, version })
  return packument
}

/** Where registries have the tarball of a version. */
export function usualUrl({ registryOf }: Config, { name, version }: Release): string {
  const base = name.slice(name.indexOf('/') + 1)
  return `${registryOf(name)}${name}/-/${base}-${version}.tgz`
}

/**
 * A version is what was asked for, whatever it calls itself; one without a tarball on the web, or with a hash that is none, is none. A tarball that is where registries
 * have it is not written down: then the lock names no host, and any registry does.
 */
function tidy(
  config: Config,
  { versions }: Packument,
  { name, version }: { readonly name: string; readonly version: string },
): void {
  const told = versions[version]
  if (!isText(told?.dist?.tarball)) {
    Reflect.deleteProperty(versions, version)
    return
  }
  const release = soundRelease(told)
  if (release !== told) Object.assign(versions, { [version]: release })
  const { dist } = release
  for (const digest of ['integrity', 'shasum', 'files'] as const) {
    if (!isText(dist[digest])) Reflect.deleteProperty(dist, digest)
  }
  if (dist.shasum !== undefined && !/^[0-9a-f]{40}$/i.test(dist.shasum) && dist.integrity) {
    Reflect.deleteProperty(dist, 'shasum') // The other one counts.
  }
  const integrity = integrityOf(dist)
  if (integrity !== undefined && !isIntegrity(integrity)) {
    Reflect.deleteProperty(versions, version)
    return
  }
  if (release.name !== name || release.version !== version)
    Object.assign(release, { name, version })
  if (dist.tarball === usualUrl(config, release)) Object.assign(dist, { tarball: '' })
  else if (dist.tarball !== '' && !isWebAddress(dist.tarball)) {
    Reflect.deleteProperty(versions, version)
  }
}

function isWebAddress(address: string): boolean {
  return /^https?:/i.test(address) && URL.canParse(address)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function dropOthers(object: object, isWanted: (value: unknown) => boolean): void {
  for (const [name, value] of Object.entries(object)) {
    if (!isWanted(value)) Reflect.deleteProperty(object, name)
  }
}
