// The tree of CommonJS Packages/Registry 1.0: registry root, package root, package version.
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import {
  type Ask,
  chooseCoding,
  type Draft,
  isKnown,
  jsonDraft,
  type Params,
  type Route,
  revalidate,
} from '@stele/http/routes'
import { chooseForm } from '../npm/form.ts'
import { distributionUrl, packageUrl, treePath, treeUrl, versionUrl } from './addresses.ts'
import { noDistributions, type ShowZip } from './distribution.ts'
import {
  addLocated,
  allNames,
  type FoundLocated,
  findLocated,
  isLocated,
  locationOf,
  prepareName,
  publishedOf,
  refuseWaiting,
  showManifest,
  tagsOf,
  versionsOf,
} from './located.ts'
import type { JsRegistryPorts } from './ports.ts'
import { isNpmFamily, readerHeaders, wantsDist } from './readers.ts'

type Ports = Pick<JsRegistryPorts, 'registry' | 'located'>
type TreePorts = Ports & { readonly showZip?: ShowZip | undefined }

/** The routes of the tree. Without `showZip` nobody is told of distribution files. */
export function treeRoutes(given: Ports, showZip?: ShowZip): Route[] {
  const ports = { ...given, showZip }
  const get = (path: string, answer: Route['answer']): Route => ({
    method: 'GET',
    path: `${treePath}${path}`,
    answer,
  })
  return [
    get('', (ask) => showRoot(ask, ports)),
    get('/:name', (ask, params) => showPackage(ask, params, ports)),
    get('/:name/:version', (ask, params) => showVersion(ask, params, ports)),
  ]
}

/** Name to address, of the packages that were published here, or located beside it. */
function showRoot(ask: Ask, ports: Ports): Draft {
  const tree = treeUrl(ask)
  const names = allNames(ports)
  return jsonDraft(200, Object.fromEntries(names.map((name) => [name, packageUrl(tree, name)])))
}

/** A package: versions as addresses, or written out for npm's family. */
async function showPackage(ask: Ask, params: Params, ports: TreePorts): Promise<Draft> {
  const name = parsePackageName(params('name'))
  if (isNpmFamily(ask)) {
    if (ports.showZip === undefined) throw noDistributions(name)
    return showPackument(ask, name, ports)
  }
  await prepareName(ports, name, { form: 'abbreviated', client: ask.client })
  const versions = versionsOf(ports, name)
  if (versions === undefined) throw ports.registry.missing(name)
  const tree = treeUrl(ask)
  const addresses = versions.map((version) => [version, versionUrl(tree, name, version)])
  const tags = { 'dist-tags': tagsOf(ports, name) }
  return varied({ name, ...tags, versions: Object.fromEntries(addresses) })
}

/** As npm knows it, with tarballs that lie in the tree. */
async function showPackument(ask: Ask, name: PackageName, ports: Ports): Promise<Draft> {
  if (isLocated(ports, name)) return showMixed(ask, name, ports)
  const { registry } = ports
  const form = chooseForm(ask.headers['accept'])
  await registry.prepare(name, form, ask.client)
  const view = await registry.packument(name, {
    form,
    baseUrl: treeUrl(ask),
    coding: chooseCoding(ask.headers['accept-encoding'], ['gzip']),
    isKnown: (head) => isKnown(ask, head),
  })
  if (view === undefined) throw registry.missing(name)
  return {
    status: 200,
    headers: { 'content-type': jsonType, 'cache-control': revalidate, vary: readerHeaders },
    ...(view.bytes === undefined ? {} : { body: view.bytes }), // Without: the client has them.
    etag: view.etag,
    modifiedMs: view.modifiedMs,
    coding: view.coding,
  }
}

/** What was published of a name, and what is located of it and has a tarball. */
async function showMixed(ask: Ask, name: PackageName, ports: Ports): Promise<Draft> {
  const tree = treeUrl(ask)
  const own = publishedOf(ports, name).length > 0
  const wanted = { form: 'full', baseUrl: tree, coding: 'identity' } as const
  const view = own
    ? await ports.registry.packument(name, { ...wanted, isKnown: () => false })
    : undefined
  const published = view?.bytes === undefined ? {} : parseOwn(view.bytes)
  const packument = await addLocated(published, ports, { name, tree })
  if (Object.keys(Object(packument['versions'])).length > 0) return varied(packument)
  await refuseWaiting(ports, name)
  const why = 'it was found where it has none, as in a JAR; upload it to have them'
  throw new SteleError('not_found', { what: `distribution files of "${name}": ${why}` })
}

const jsonType = 'application/json; charset=utf-8'

/** One version, by number or tag: its package.json with `_id` and `location`, and `dist` for whoever wants it. */
async function showVersion(ask: Ask, params: Params, ports: TreePorts): Promise<Draft> {
  const { registry, showZip } = ports
  const name = parsePackageName(params('name'))
  const wanted = params('version')
  await prepareName(ports, name, { form: 'full', client: ask.client })
  if (isLocated(ports, name)) {
    const version = new Map(Object.entries(tagsOf(ports, name))).get(wanted) ?? wanted
    const found = findLocated(ports, name, version)
    if (found !== undefined) return showLocated(ask, found, ports)
    if (!publishedOf(ports, name).includes(version)) throw registry.missing(name, version)
  }
  const bytes = registry.manifest(name, wanted, ask.baseUrl())
  if (bytes === undefined) throw registry.missing(name, wanted)
  const { dist, ...manifest } = parseOwn(bytes)
  const { version } = manifest
  if (typeof version !== 'string') throw new Error('The registry gave no version')
  const tree = treeUrl(ask)
  const location = versionUrl(tree, name, version)
  const shown = { ...manifest, _id: `${name}@${version}`, location }
  if (showZip === undefined || !wantsDist(ask)) return varied(shown)
  const tarball = distributionUrl(tree, { name, version, type: 'tgz' })
  const zip = await showZip(tree, { name, version, client: ask.client })
  return varied({ ...shown, dist: distOf(dist, tarball, zip) })
}

/** A version that is located: its package.json as it lies there. */
async function showLocated(ask: Ask, found: FoundLocated, { showZip }: TreePorts): Promise<Draft> {
  const tree = treeUrl(ask)
  const { manifest, dist } = await showManifest(found, tree)
  const { name, version } = found.one
  const shown = { ...manifest, _id: `${name}@${version}`, location: locationOf(found, ask) }
  if (dist === undefined || showZip === undefined || !wantsDist(ask)) return varied(shown)
  const zip = await showZip(tree, { name: parsePackageName(name), version, client: ask.client })
  return varied({ ...shown, dist: { ...zip, ...dist } })
}

/** What npm's registry says of a tarball, at its address in the tree, and what there is beside it. */
function distOf(dist: unknown, tarball: string, zip: object): object {
  return { ...zip, ...(isOwnObject(dist) ? dist : {}), tarball }
}

/** It depends on who asks. */
function varied(value: object): Draft {
  return jsonDraft(200, value, { vary: readerHeaders })
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
