// GET of a tarball, in both spellings of a scoped one (npm-wire U2, T1).

import { SteleError } from '@stele/errors'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import { type Draft, type Route, removable, routeNotFound } from '@stele/http/routes'
import type { NpmPorts } from './ports.ts'

type Ports = Pick<NpmPorts, 'registry' | 'log'>

export function tarballRoutes(ports: Ports): Route[] {
  return [
    {
      method: 'GET',
      path: '/:name/-/:file',
      answer: (ask, params) => {
        const [name, file] = [params('name'), params('file')]
        // There is a package named "-", but "/-/-/package" is a route under an address that ends with "/-/".
        if (name === '-' && !file.endsWith('.tgz')) throw routeNotFound(ask)
        return showTarball(parsePackageName(name), file, ports)
      },
    },
  ]
}

/** The tarball's bytes exactly as they were hashed: never with a content coding (H5). */
function showTarball(name: PackageName, file: string, ports: Ports): Draft {
  const found = ports.registry.tarball(name, file)
  if (found === undefined) throw new SteleError('version_not_found', { spec: `${name}/-/${file}` })
  const body = ports.log.blob(found.sha512)
  if (body === undefined) {
    const spec = `${name}@${found.version}`
    const reason = ports.log.takenDown(found.sha512)
    if (reason !== undefined) throw new SteleError('taken_down', { spec, reason })
    throw new SteleError('not_found', { what: `the tarball "${file}"` })
  }
  if (found.removed) throw ports.registry.missing(name, found.version)
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': removable },
    body,
    etag: `"${found.sha512}"`,
    ranges: true,
    isLasting: true,
  }
}
