// GET of a package and of one version (npm-wire section 3).

import { abbreviatedType } from '@stele/formats/manifest'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import {
  type Ask,
  chooseCoding,
  type Draft,
  isKnown,
  type Params,
  type Route,
  revalidate,
  routeNotFound,
} from '@stele/http/routes'
import type { PackumentView, Prepared } from '@stele/registry/reading'
import { chooseForm } from './form.ts'
import type { NpmPorts } from './ports.ts'

type Ports = Pick<NpmPorts, 'registry'>

const mediaTypes = {
  full: 'application/json; charset=utf-8',
  abbreviated: `${abbreviatedType}; charset=utf-8`,
} as const

/** pnpm and bun ask for zstd, which they unpack in a third of the time; brotli is for who takes nothing else. */
const codings = ['zstd', 'gzip', 'br'] as const

export function packumentRoutes(ports: Ports): Route[] {
  return [
    {
      method: 'GET',
      path: '/:name',
      answer: (ask, params) => showPackument(ask, params, ports),
    },
    {
      method: 'GET',
      path: '/:name/:version',
      answer: (ask, params) => showManifest(ask, params, ports),
    },
  ]
}

/** GET /{name}: the packument, full or abbreviated as Accept asks (P1). */
async function showPackument(ask: Ask, params: Params, ports: Ports): Promise<Draft> {
  const name = parsePackageName(params('name'))
  const form = chooseForm(ask.headers['accept'])
  const coding = chooseCoding(ask.headers['accept-encoding'], codings)
  const wanted = { form, baseUrl: ask.baseUrl() }
  // npm looks for a package before it publishes: an answer that it takes for passing would have it wait, and ask again.
  if (ask.headers['npm-command'] === 'publish')
    await ports.registry.prepareToPublish(name, form, ask.client)
  const asking = ports.registry.prepare(name, form, ask.client)
  const prepared = asking === undefined ? undefined : await asking
  const view =
    (coding === 'gzip' ? undefined : await findKnownGzip(ask, ports, { ...wanted, name })) ??
    (await ports.registry.packument(name, {
      ...wanted,
      coding,
      isKnown: (head) => isKnown(ask, head),
    }))
  if (view === undefined) throw ports.registry.missing(name)
  return {
    status: 200,
    headers: { 'content-type': mediaTypes[form], 'cache-control': revalidate, vary: 'Accept' },
    ...(view.bytes === undefined ? {} : { body: view.bytes }), // Without: the client has them.
    etag: view.etag,
    modifiedMs: view.modifiedMs,
    coding: view.coding,
    ...(asking === undefined ? { isLasting: true } : lastingOf(prepared)),
  }
}

/** What an upstream says is kept as long as it is believed: a minute, as a rule. */
function lastingOf(prepared: Prepared | undefined): Pick<Draft, 'isLasting' | 'lastsMs'> {
  const { lastsMs = 0 } = prepared ?? {}
  return lastsMs > 0 ? { isLasting: true, lastsMs } : {}
}

/** 304 for a client that holds the gzip form and now asks without: it has the content, and no bytes need to be sent. */
async function findKnownGzip(
  ask: Ask,
  { registry }: Ports,
  wanted: {
    readonly name: PackageName
    readonly form: 'full' | 'abbreviated'
    readonly baseUrl: string
  },
): Promise<PackumentView | undefined> {
  if (ask.headers['if-none-match'] === undefined) return undefined
  const { name, ...rest } = wanted
  const head = await registry.packument(name, { ...rest, coding: 'gzip', isKnown: () => true })
  return head !== undefined && isKnown(ask, head) ? head : undefined
}

/** GET /{name}/{version or tag}: the manifest of one version (P11). */
async function showManifest(ask: Ask, params: Params, ports: Ports): Promise<Draft> {
  const name = parsePackageName(params('name'))
  // There is a package named "-", but below /-/ lie routes, not its versions.
  if (params('name') === '-') throw routeNotFound(ask)
  const version = params('version')
  await ports.registry.prepare(name, 'full', ask.client)
  const body = ports.registry.manifest(name, version, ask.baseUrl())
  if (body === undefined) throw ports.registry.missing(name, version)
  return {
    status: 200,
    headers: { 'content-type': mediaTypes.full, 'cache-control': revalidate },
    body,
    codable: true,
  }
}
