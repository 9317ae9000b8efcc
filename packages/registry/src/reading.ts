// What the registry answers without a call: packuments, manifests, tarballs, tags, accounts.

import type { SteleError } from '@stele/errors'
import type { PackageName } from '@stele/formats/names'
import { tarballFile } from '@stele/releases/release'
import {
  readAccount,
  readContents,
  readNotice,
  readOrigin,
  readOwners,
  readTags,
} from '@stele/releases/state'
import { trimBase } from './base-addresses.ts'
import { type Conflicts, createConflicts } from './conflicts.ts'
import { leftUpstream, missing } from './missing.ts'
import { createObserved, type Prepare } from './observed.ts'
import { formatVersion } from './packument.ts'
import { createPackuments, type Packuments } from './packuments.ts'
import type { RegistryPorts, UpstreamTarball } from './ports.ts'
import { requireOwn } from './rule-calls.ts'
import { createSearch } from './search.ts'
import { createSearchAll, type SearchAll } from './search-all.ts'
import type { ViewReader } from './view-reader.ts'

/** Where a tarball is found: a blob's name (hex SHA-512), its size in bytes, and its integrity as SRI. */
export type TarballView = {
  readonly version: string
  readonly sha512: string
  readonly size: number
  readonly integrity: string
  /** Its version was removed: nobody is to get it. */
  readonly removed: boolean
}

/** The reads of a registry. Removed versions, and packages without versions, are not there. */
export type Reading = {
  /** To be awaited before anything of the name is read: it may belong to an upstream. Throws what asking one throws. */
  readonly prepare: Prepare
  /** The same for somebody who publishes. Throws upstream_unsure instead of upstream_unreachable. */
  readonly prepareToPublish: (...asked: Parameters<Prepare>) => Promise<void> | undefined
  /** The tarball of a release that came from an upstream; undefined where there is none. Throws version_not_found for one that was removed, or whose upstream was taken out of the settings. */
  readonly proxiedTarball: (
    name: PackageName,
    file: string,
    client?: string,
  ) => Promise<UpstreamTarball | undefined>
  /** Undefined where there is no such package (npm-wire P1 to P8). */
  readonly packument: Packuments
  /** One version's manifest, full, by version or tag (npm-wire P11). */
  readonly manifest: (name: PackageName, wanted: string, baseUrl: string) => Uint8Array | undefined
  /** The tarball behind a file name, `left-pad-1.0.0.tgz` or with the scope in front (npm-wire U2); a removed one too. */
  readonly tarball: (name: PackageName, file: string) => TarballView | undefined
  /** The versions in the order of their publishing; undefined where there is no such package. */
  readonly versions: (name: PackageName) => readonly string[] | undefined
  /** True for a name that belongs to this registry, and to no upstream. */
  readonly isOwn: (name: PackageName) => boolean
  /** Tag to version; undefined where there is no such package (npm-wire D1). */
  readonly tags: (name: PackageName) => Readonly<Record<string, string>> | undefined
  /** The accounts that own it; undefined where there is no such package. Throws upstream_owned. */
  readonly owners: (name: PackageName) => readonly string[] | undefined
  /** The error for a package, or a version, that the reads above did not find: it says so where it was unpublished. */
  readonly missing: (name: PackageName, version?: string) => SteleError
  readonly search: SearchAll
  /** The first packages by name that have versions here, and how many there are. Upstreams are not asked. */
  readonly listed: (size: number) => ReturnType<ViewReader['search']>
  /** Names of packages, for npm's starred list (npm-wire F2). */
  readonly starredBy: (account: string) => readonly string[]
  /** What upstreams showed otherwise than at first, the newest first, with what goes on being served. */
  readonly conflicts: Conflicts
  /** True for an account that joined and was not closed. */
  readonly hasAccount: (account: string) => boolean
}

/** The reads over the state and the views. */
export function createReading(ports: RegistryPorts): Reading {
  const { state, views, upstream } = ports
  const observed = createObserved(upstream)
  /** What was chosen of an upstream is in the views too, for the day when the name becomes this registry's own. */
  const isListed = (name: string): boolean => (views.package(name)?.latest ?? null) !== null
  return {
    prepare: (name, form, client) =>
      upstream?.whose(name) === undefined ? undefined : upstream.prepare(name, form, client),
    prepareToPublish: (name, form, client) =>
      upstream?.whose(name) === undefined
        ? undefined
        : upstream.prepareToPublish(name, form, client),
    proxiedTarball: async (name, file, client) => {
      const version = versionOfFile(name, file)
      if (version === undefined) return undefined
      if (readNotice(state, name, version).gone) throw missing(ports, name, version)
      const found = await upstream?.tarball(name, version, client)
      // Else whoever has a lock file would be told of a file that never was.
      if (found === undefined && leftUpstream(ports, name) !== undefined)
        throw missing(ports, name, version)
      return found
    },
    packument: createPackuments(ports),
    manifest: (name, wanted, baseUrl) =>
      views.snapshot(() => {
        const version = readTags(state, name).get(wanted) ?? wanted
        const base = trimBase(baseUrl)
        const text = isListed(name)
          ? formatVersion(ports, { name, version, baseUrl: base })
          : observed.manifest(name, wanted, base)
        return text === undefined ? undefined : Buffer.from(text)
      }),
    tarball: (name, file) => views.snapshot(() => findTarball(ports, name, file)),
    versions: (name) => {
      if (!isListed(name)) return observed.versions(name)
      const names = views.versionNames(name)
      return names.length === 0 ? undefined : names
    },
    isOwn: (name) => readOrigin(state, name) === 'hosted',
    tags: (name) => {
      const own = views.snapshot(() => readTags(state, name))
      const tags = own.size === 0 ? observed.tags(name) : own
      return tags && Object.fromEntries(tags)
    },
    owners: (name) =>
      views.snapshot(() => {
        requireOwn(state, name, 'owner')
        return readTags(state, name).size === 0 ? undefined : readOwners(state, name)
      }),
    missing: (name, version) => views.snapshot(() => missing(ports, name, version)),
    listed: (size) => views.search({ exact: '', words: [], keywords: [], from: 0, size }),
    search: createSearchAll(createSearch(ports), upstream),
    starredBy: (account) => views.starredBy(account),
    conflicts: createConflicts(ports),
    hasAccount: (account) => readAccount(state, account) === 'active',
  }
}

/** The version that a tarball's file name tells; it need not exist. */
export function versionOfFile(name: string, file: string): string | undefined {
  for (const prefix of [`${name}-`, tarballFile(name, '').replace(/\.tgz$/, '')]) {
    if (file.startsWith(prefix) && file.endsWith('.tgz')) return file.slice(prefix.length, -4)
  }
  return undefined
}

function findTarball(
  { state }: RegistryPorts,
  name: PackageName,
  file: string,
): TarballView | undefined {
  const version = versionOfFile(name, file)
  if (version === undefined) return undefined
  const contents = readContents(state, name, version)
  if (contents === undefined) return undefined
  const { sha512, size } = contents
  const integrity = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
  return { version, sha512, size, integrity, removed: readNotice(state, name, version).gone }
}
