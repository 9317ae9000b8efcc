// GET of a tarball, in both spellings of a scoped one (npm-wire U2, T1).

import { SteleError } from '@stele/errors'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import { type Draft, type Route, removable, routeNotFound } from '@stele/http/routes'
import type { TarballView } from '@stele/registry/reading'
import { heldTarballMs } from '../limits.ts'
import type { NpmPorts } from './ports.ts'

/** What showing a tarball takes. */
type Ports = {
  readonly registry: Pick<NpmPorts['registry'], 'tarball' | 'proxiedTarball' | 'missing'>
  readonly log: Pick<NpmPorts['log'], 'blob' | 'takenDown'>
}

export function tarballRoutes(ports: Ports): Route[] {
  return [
    {
      method: 'GET',
      path: '/:name/-/:file',
      answer: (ask, params) => {
        const [name, file] = [params('name'), params('file')]
        // There is a package named "-", but "/-/-/package" is a route under an address that ends with "/-/".
        if (name === '-' && !file.endsWith('.tgz')) throw routeNotFound(ask)
        return showTarball({ name: parsePackageName(name), file, client: ask.client }, ports)
      },
    },
  ]
}

/** The tarball's bytes exactly as they were hashed: never with a content coding (H5). */
export function showTarball(asked: Asked, ports: Ports): Draft | Promise<Draft> {
  const { name, file } = asked
  const found = ports.registry.tarball(name, file)
  const body = found === undefined ? undefined : ports.log.blob(found.sha512)
  if (found !== undefined && body !== undefined) return showHosted(name, found, body, ports)
  const reason = found === undefined ? undefined : ports.log.takenDown(found.sha512)
  if (found !== undefined && reason !== undefined) {
    throw new SteleError('taken_down', { spec: `${name}@${found.version}`, reason })
  }
  return showProxied({ ...asked, found }, ports)
}

export type Asked = { readonly name: PackageName; readonly file: string; readonly client: string }

type Place = Asked & {
  /** What the state knows of it, where its bytes are not the log's. */
  readonly found: TarballView | undefined
}

/** The tarball of an upstream's release: as it comes, and cut off where it is not the one that was pinned. */
async function showProxied(place: Place, ports: Ports): Promise<Draft> {
  const proxied = await ports.registry.proxiedTarball(place.name, place.file, place.client)
  if (proxied === undefined) throw missingTarball(place)
  const { integrity, body } = proxied
  const headers = { 'content-type': 'application/octet-stream', 'cache-control': removable }
  const etag = `"${integrity}"`
  if ('file' in body) {
    const { file: path, sizeBytes } = body
    const lasting = { isLasting: true, lastsMs: heldTarballMs } as const
    return {
      status: 200,
      headers,
      body: { file: path, size: sizeBytes },
      etag,
      ranges: true,
      ...lasting,
    }
  }
  const { bytes, sizeBytes } = body
  const length = sizeBytes === undefined ? {} : { 'content-length': String(sizeBytes) }
  return { status: 200, headers: { ...headers, ...length }, body: bytes, etag }
}

function missingTarball({ name, file, found }: Place): SteleError {
  if (found === undefined) return new SteleError('version_not_found', { spec: `${name}/-/${file}` })
  return new SteleError('not_found', { what: `the tarball "${file}"` })
}

function showHosted(
  name: PackageName,
  found: TarballView,
  body: NonNullable<Draft['body']>,
  { registry }: Ports,
): Draft {
  if (found.removed) throw registry.missing(name, found.version)
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': removable },
    body,
    etag: `"${found.sha512}"`,
    ranges: true,
    isLasting: true,
  }
}
