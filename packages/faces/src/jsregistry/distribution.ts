// Distribution files of a release: the tarball as it was published, and a zip of the same files.
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import {
  type Ask,
  type Draft,
  type Params,
  type Route,
  removable,
  revalidate,
} from '@stele/http/routes'
import { tarballFile } from '@stele/releases/release'
import { maxKeptShasums } from '../limits.ts'
import { showTarball } from '../npm/tarball.ts'
import { distributionUrl, parseDistribution, treePath } from './addresses.ts'
import type { AskedRelease, ReadContents } from './contents.ts'
import { type FoundLocated, findLocated, isLocated, publishedOf } from './located.ts'
import type { JsRegistryPorts } from './ports.ts'
import { writeZip } from './write-zip.ts'

type Ports = Pick<JsRegistryPorts, 'registry' | 'log' | 'located'>

/** What `dist` says of the zip; nothing where the release is too large for one. */
export type ShowZip = (
  tree: string,
  asked: AskedRelease,
) => Promise<{ readonly zip?: string; readonly zip_shasum?: string }>

/** Remembers the digests of zips. Only what is asked for is made. */
export function createShowZip(
  ports: Pick<Ports, 'registry' | 'located'>,
  contents: ReadContents,
): ShowZip {
  const shasums = new Map<string, string>()

  async function shasumOf(asked: AskedRelease): Promise<string> {
    const own = await ownZip(asked, ports)
    if (own !== undefined) return hash('sha1', own, 'hex')
    const { etag, files } = await contents(asked)
    const found = shasums.get(etag)
    if (found !== undefined) return found
    const shasum = hash('sha1', await writeZip(files.values()), 'hex')
    const [oldest] = shasums.keys()
    if (shasums.size >= maxKeptShasums && oldest !== undefined) shasums.delete(oldest)
    shasums.set(etag, shasum)
    return shasum
  }

  return async (tree, asked) => {
    const { name, version } = asked
    try {
      const shasum = await shasumOf(asked)
      return { zip: distributionUrl(tree, { name, version, type: 'zip' }), zip_shasum: shasum }
    } catch (error) {
      if (isSteleError(error, 'tarball_too_large')) return {}
      throw error
    }
  }
}

/** The zip that a located package brought along; undefined where it is to be made. */
async function ownZip(
  { name, version }: AskedRelease,
  ports: Pick<Ports, 'registry' | 'located'>,
): Promise<Uint8Array | undefined> {
  const located = findLocated(ports, name, version)
  return located?.reads.ownZip(located.one)
}

const path = `${treePath}/:name/-/:file`

/** Where the operator wants no distribution files, the same addresses say so. */
export function noDistributionRoutes(): Route[] {
  const answer: Route['answer'] = (_ask, params) => {
    throw noDistributions(parsePackageName(params('name')))
  }
  return [{ method: 'GET', path, answer }]
}

/** The error for who needs a distribution file. */
export function noDistributions(name: string): SteleError {
  const why = 'this registry\'s operator has set "jsregistry.distribution.enabled" to false'
  return new SteleError('not_found', { what: `distribution files of "${name}": ${why}` })
}

export function distributionRoutes(ports: Ports, contents: ReadContents): Route[] {
  return [
    {
      method: 'GET',
      path,
      answer: (ask, params) => showDistribution(ask, params, { ports, contents }),
    },
  ]
}

type Sources = { readonly ports: Ports; readonly contents: ReadContents }

/** `map@3.1.0.tgz`, `map@3.1.0.zip`, and what npm's clients ask for: `map-3.1.0.tgz`. */
function showDistribution(
  { client }: Ask,
  params: Params,
  sources: Sources,
): Draft | Promise<Draft> {
  const { ports } = sources
  const name = parsePackageName(params('name'))
  const file = params('file')
  const { version, type } = parseDistribution(name, file) ?? {}
  const located = findLocated(ports, name, version ?? versionOfFile(name, file))
  if (located !== undefined)
    return showLocated(located, type ?? 'tgz', { ...sources, name, client })
  const wanted = version ?? versionOfFile(name, file)
  if (isLocated(ports, name) && !publishedOf(ports, name).includes(wanted)) {
    throw ports.registry.missing(name, wanted)
  }
  if (version === undefined) return showTarball({ name, file, client }, ports)
  if (type === 'zip') return showZip({ name, version, client }, sources)
  return showTarball({ name, file: tarballFile(name, version), client }, ports)
}

/** The version in `map-3.1.0.tgz`; an empty one where it is another file. */
function versionOfFile(name: string, file: string): string {
  const prefix = tarballFile(name, '').replace(/\.tgz$/, '')
  return file.startsWith(prefix) && file.endsWith('.tgz') ? file.slice(prefix.length, -4) : ''
}

async function showLocated(
  { reads, one }: FoundLocated,
  type: 'tgz' | 'zip',
  { name, client, ...sources }: Sources & Pick<AskedRelease, 'name' | 'client'>,
): Promise<Draft> {
  const { version, distribution } = one
  if (distribution === undefined && one.awaitsTarball !== true) {
    const why = 'it was found where it has none, as in a JAR; upload it to have them'
    throw new SteleError('not_found', { what: `distribution files of ${name}@${version}: ${why}` })
  }
  if (type === 'zip') return showZip({ name, version, client }, sources)
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': revalidate },
    body: await reads.tarball(one), // Where it cannot be had now, this says why.
    ...(distribution && { etag: `"${distribution.integrity}"` }),
    ranges: true,
  }
}

async function showZip(asked: AskedRelease, { ports, contents }: Sources): Promise<Draft> {
  const located = findLocated(ports, asked.name, asked.version)
  const headers = {
    'content-type': 'application/zip',
    'cache-control': located === undefined ? removable : revalidate,
  }
  const own = await located?.reads.ownZip(located.one)
  if (own !== undefined) {
    const etag = `"${hash('sha256', own, 'hex')}"`
    return { status: 200, headers, body: own, etag, ranges: true }
  }
  const { etag, files } = await contents(asked)
  return {
    status: 200,
    headers,
    body: await writeZip(files.values()),
    etag: etag.replace('"', '"zip-'),
    ranges: true,
  }
}
