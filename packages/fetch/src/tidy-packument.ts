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
  const urlOf = usualUrls(config, name)
  for (const version of Object.keys(packument.versions)) tidy(packument, { name, version, urlOf })
  return packument
}

/** Where registries have the tarball of a version. */
export function usualUrl(config: Config, { name, version }: Release): string {
  return usualUrls(config, name)(version)
}

function usualUrls({ registryOf }: Config, name: string): (version: string) => string {
  const base = name.slice(name.indexOf('/') + 1)
  const start = `${registryOf(name)}${name}/-/${base}-`
  return (version) => `${start}${version}.tgz`
}

/** A version of a packument, and where the tarballs of such are. */
type Tidying = {
  readonly name: string
  readonly version: string
  readonly urlOf: (version: string) => string
}

/**
 * A version is what was asked for, whatever it calls itself; one without a tarball on the web, or with a hash that is none, is none. A tarball that is where registries
 * have it is not written down: then the lock names no host, and any registry does.
 */
function tidy({ versions }: Packument, { name, version, urlOf }: Tidying): void {
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
  if (dist.tarball === urlOf(version)) Object.assign(dist, { tarball: '' })
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
