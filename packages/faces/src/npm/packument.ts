// GET of a package and of one version (npm-wire section 3).

import { SteleError } from '@stele/errors'
import { abbreviatedType, parsePackageName } from '@stele/formats'
import {
  type Asked,
  chooseCoding,
  type Draft,
  isKnown,
  type Params,
  type Route,
  revalidate,
  routeNotFound,
} from '@stele/http/routes'
import { chooseForm } from './form.ts'
import type { NpmPorts } from './ports.ts'

type Ports = Pick<NpmPorts, 'registry'>

const mediaTypes = {
  full: 'application/json; charset=utf-8',
  abbreviated: `${abbreviatedType}; charset=utf-8`,
} as const

export function packumentRoutes(ports: Ports): Route[] {
  return [
    {
      method: 'GET',
      path: '/:name',
      answer: (asked, params) => showPackument(asked, params, ports),
    },
    {
      method: 'GET',
      path: '/:name/:version',
      answer: (asked, params) => showManifest(asked, params, ports),
    },
  ]
}

/** GET /{name}: the packument, full or abbreviated as Accept asks (P1). */
async function showPackument(asked: Asked, params: Params, ports: Ports): Promise<Draft> {
  const name = parsePackageName(params('name'))
  const form = chooseForm(asked.ask.headers['accept'])
  const coding = chooseCoding(asked.ask.headers['accept-encoding'])
  const view = await ports.registry.packument(name, {
    form,
    baseUrl: asked.baseUrl(),
    coding,
    isKnown: (head) => isKnown(asked.ask, head),
  })
  if (view === undefined) throw new SteleError('package_not_found', { name })
  return {
    status: 200,
    headers: { 'content-type': mediaTypes[form], 'cache-control': revalidate, vary: 'Accept' },
    ...(view.bytes === undefined ? {} : { body: view.bytes }), // Without: the client has them.
    etag: view.etag,
    modifiedMs: view.modifiedMs,
    coding: view.coding,
  }
}

/** GET /{name}/{version or tag}: the manifest of one version (P11). */
function showManifest(asked: Asked, params: Params, ports: Ports): Draft {
  const name = parsePackageName(params('name'))
  // There is a package named "-", but below /-/ lie routes, not its versions.
  if (params('name') === '-') throw routeNotFound(asked.ask)
  const version = params('version')
  const body = ports.registry.manifest(name, version, asked.baseUrl())
  if (body === undefined) throw new SteleError('version_not_found', { spec: `${name}@${version}` })
  return {
    status: 200,
    headers: { 'content-type': mediaTypes.full, 'cache-control': revalidate },
    body,
    codable: true,
  }
}
