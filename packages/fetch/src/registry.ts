// Registries, as a client asks them: packuments and tarballs.

import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { isJsonObject } from '@stele/formats/json'
import type { Packument, Release } from '@stele/resolve/graph'
import type { RegistryConfig } from './config.ts'
import { maxDocumentBytes, maxTarballBytes } from './limits.ts'
import { type Answer, type Connections, closeConnections, get, openConnections } from './request.ts'

const unzip = promisify(gunzip)
const full = 'application/json'
const abbreviated = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*'

/** What a client asks registries for. */
export type Registries = {
  /** Throws package_absent, registry_denied, registry_unreachable, registry_answer. */
  readonly packument: (name: string) => Promise<Packument>
  /** With times and publishers, which resolving needs only sometimes. Throws as above. */
  readonly fullPackument: (name: string) => Promise<Packument>
  /** Where the tarball is, and what goes into `authorization` for it. */
  readonly tarballAsk: (release: Release) => {
    readonly url: string
    readonly authorization?: string
  }
  /** The bytes at an address, unchecked. Throws as above. */
  readonly bytes: (url: string) => Promise<Buffer>
  readonly close: () => void
}

/** Registries as .npmrc names them. */
export function openRegistries(config: RegistryConfig, env: NodeJS.ProcessEnv): Registries {
  const connections = openConnections(env)
  return {
    packument: (name) => fetchPackument(connections, config, { name, accept: abbreviated }),
    fullPackument: (name) => fetchPackument(connections, config, { name, accept: full }),
    tarballAsk: (release) => askOf(config, release),
    bytes: (url) => fetchBytes(connections, config, url),
    close: () => closeConnections(connections),
  }
}

async function fetchPackument(
  connections: Connections,
  config: RegistryConfig,
  { name, accept }: { readonly name: string; readonly accept: string },
): Promise<Packument> {
  const registry = config.registryOf(name)
  const url = `${registry}${name.replace('/', '%2f')}`
  const { authorizationFor } = config
  const headers = { accept, 'accept-encoding': 'gzip' }
  const answer = await get(connections, {
    url,
    headers,
    authorizationFor,
    maxBytes: maxDocumentBytes,
  })
  if (answer.status === 404) throw new SteleError('package_absent', { name, registry, chain: [] })
  checkStatus(answer)
  const packument = parsePackument(await decoded(answer), answer)
  for (const release of Object.values(packument.versions)) shorten(config, release)
  return packument
}

async function fetchBytes(
  connections: Connections,
  { authorizationFor }: RegistryConfig,
  url: string,
): Promise<Buffer> {
  const answer = await get(connections, { url, authorizationFor, maxBytes: maxTarballBytes })
  checkStatus(answer)
  return answer.body
}

function checkStatus({ url, status, sent }: Answer): void {
  if (status === 200) return
  if (status === 401 || status === 403)
    throw new SteleError('registry_denied', { url, status, sent })
  throw new SteleError('registry_answer', { url, reason: `the status is ${status}` })
}

async function decoded({ url, headers, body }: Answer): Promise<Buffer> {
  if (headers['content-encoding'] !== 'gzip') return body
  try {
    return await unzip(body, { maxOutputLength: maxDocumentBytes })
  } catch (cause) {
    throw new SteleError(
      'registry_answer',
      { url, reason: 'its gzip is damaged or too large' },
      { cause },
    )
  }
}

function parsePackument(text: Buffer, { url }: Answer): Packument {
  try {
    const packument = JSON.parse(text.toString('utf8'))
    if (isJsonObject(packument['versions']) && isJsonObject(packument['dist-tags']))
      return packument
  } catch (cause) {
    throw new SteleError('registry_answer', { url, reason: 'it is no JSON' }, { cause })
  }
  throw new SteleError('registry_answer', { url, reason: 'it is no packument' })
}

/** A tarball that is where registries have it is not written down: then the lock names no host, and any registry does. */
function shorten(config: RegistryConfig, release: Release): void {
  const { dist } = release
  if (dist === undefined || dist.tarball !== usualUrl(config, release)) return
  Object.assign(dist, { tarball: '' })
}

function askOf(config: RegistryConfig, release: Release): ReturnType<Registries['tarballAsk']> {
  const url = release.dist.tarball === '' ? usualUrl(config, release) : release.dist.tarball
  const authorization = config.authorizationFor(url)
  return authorization === undefined ? { url } : { url, authorization }
}

function usualUrl(config: RegistryConfig, { name, version }: Release): string {
  const base = name.slice(name.indexOf('/') + 1)
  return `${config.registryOf(name)}${name}/-/${base}-${version}.tgz`
}
