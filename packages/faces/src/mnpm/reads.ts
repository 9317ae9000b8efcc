// The reads of mnpm: dependencies, versions, checksum, mirrors.
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import {
  formatIntegrity,
  type PackageName,
  parsePackageName,
  parseVersion,
  type Version,
} from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Route, removable } from '@stele/http/routes'
import { tarballFile } from '@stele/releases/release'
import { dependencyList } from './dependencies.ts'
import type { MnpmPorts } from './ports.ts'

type Ports = Pick<MnpmPorts, 'registry' | 'log'>

/** `mirrors` are told to whoever asks. */
export function readRoutes(
  root: string,
  ports: Ports,
  mirrors: (ask: Ask) => readonly string[],
): Route[] {
  return [
    { method: 'GET', path: `${root}/dependencies`, answer: (ask) => showDependencies(ask, ports) },
    { method: 'GET', path: `${root}/versions`, answer: (ask) => showVersions(ask, ports) },
    { method: 'GET', path: `${root}/checksum`, answer: (ask) => showChecksum(ask, ports) },
    {
      method: 'GET',
      path: `${root}/mirrors`,
      answer: (ask) => jsonDraft(200, { mirrors: mirrors(ask) }),
    },
  ]
}

/** A version never changes, so what is said of it may be kept; but it may be removed or taken down. */
const kept = { 'cache-control': removable }

async function showDependencies(ask: Ask, { registry }: Ports): Promise<Draft> {
  const { name, version } = askedRelease(ask)
  await registry.prepare(name, 'full', ask.client)
  const bytes = registry.manifest(name, version, ask.baseUrl())
  if (bytes === undefined) throw notThere(name, version)
  const dependencies = dependencyList(parseOwn(bytes)['dependencies'])
  return jsonDraft(200, { dependencies }, kept)
}

/** Its ETag, which the edge makes of the bytes, changes when a version comes or goes. */
async function showVersions(ask: Ask, { registry }: Ports): Promise<Draft> {
  const name = askedName(ask)
  await registry.prepare(name, 'abbreviated', ask.client)
  const versions = registry.versions(name)
  if (versions === undefined) throw registry.missing(name)
  return jsonDraft(200, { versions })
}

/** What mirrors hold must not be found by it when its tarball is not given here. */
function showChecksum(ask: Ask, { registry, log }: Ports): Draft {
  const { name, version } = askedRelease(ask)
  const tarball = registry.tarball(name, tarballFile(name, version))
  if (tarball === undefined) throw notThere(name, version)
  const checksum = tarball.sha512
  const reason = log.blob(checksum) === undefined ? log.takenDown(checksum) : undefined
  if (reason !== undefined)
    throw new SteleError('taken_down', { spec: `${name}@${version}`, reason })
  if (tarball.removed) throw registry.missing(name, version)
  const integrity = formatIntegrity('sha512', Buffer.from(checksum, 'hex'))
  return jsonDraft(200, { checksum, algorithm: 'sha512', integrity }, kept)
}

function notThere(name: PackageName, version: Version): SteleError {
  return new SteleError('version_not_found', { spec: `${name}@${version}` })
}

function askedName(ask: Ask): PackageName {
  return parsePackageName(parameter(ask, 'name'))
}

/** Name and version; a version is a resolved one, never a range or a tag. */
function askedRelease(ask: Ask): { readonly name: PackageName; readonly version: Version } {
  return { name: askedName(ask), version: parseVersion(parameter(ask, 'version')) }
}

function parameter({ query }: Ask, name: string): string {
  const [value, ...more] = query.getAll(name)
  if (value !== undefined && value !== '' && more.length === 0) return value
  const reason =
    more.length > 0 ? `"${name}" is there more than once` : `it has no "${name}"; add ?${name}=`
  throw new SteleError('request_invalid', { what: 'the query', reason })
}

/** JSON that the registry itself wrote. */
function parseOwn(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (!isOwnObject(value)) throw new Error('The registry gave no JSON object')
  return value
}

function isOwnObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
