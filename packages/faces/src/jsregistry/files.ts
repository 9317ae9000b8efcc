// Single files of a release, under its version or under a tag.
import { SteleError } from '@stele/errors'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import {
  type Ask,
  type Draft,
  type Params,
  type Route,
  removable,
  revalidate,
} from '@stele/http/routes'
import { treePath } from './addresses.ts'
import type { ReadContents } from './contents.ts'
import { findLocated, prepareName, tagsOf, versionsOf } from './located.ts'
import type { JsRegistryPorts } from './ports.ts'

type Ports = Pick<JsRegistryPorts, 'registry' | 'located'>

export function fileRoutes(ports: Ports, contents: ReadContents): Route[] {
  return [
    {
      method: 'GET',
      path: `${treePath}/:name/:version/*`,
      answer: (ask, params) => showFile(ask, params, { ...ports, contents }),
    },
  ]
}

async function showFile(
  ask: Ask,
  params: Params,
  { contents, ...ports }: Ports & { readonly contents: ReadContents },
): Promise<Draft> {
  const name = parsePackageName(params('name'))
  const wanted = params('version')
  await prepareName(ports, name, { form: 'abbreviated', client: ask.client })
  const version = versionOf(name, wanted, ports)
  const path = params('*').replace(/\/+$/, '')
  const located = findLocated(ports, name, version)
  const file =
    located === undefined || located.one.isPacked === true
      ? (await contents({ name, version, client: ask.client })).files.get(path)
      : await located.reads.file(located.one, path)
  if (file === undefined) {
    const what = `the file "${path.slice(0, 200)}" in ${name}@${version}`
    throw new SteleError('not_found', { what })
  }
  const [, type = ''] = /\.([a-z\d]+)$/i.exec(path) ?? []
  return {
    status: 200,
    headers: {
      ...fileHeaders,
      'content-type': types.get(type.toLowerCase()) ?? 'application/octet-stream',
      'cache-control': version === wanted && located === undefined ? removable : revalidate,
    },
    body: file.content,
    etag: `"${file.sha256}"`,
    codable: true,
  }
}

/** The version itself, or the one that a tag names. Throws what is missing. */
function versionOf(name: PackageName, wanted: string, ports: Ports): string {
  const versions = versionsOf(ports, name)
  if (versions === undefined) throw ports.registry.missing(name)
  const version = new Map(Object.entries(tagsOf(ports, name))).get(wanted) ?? wanted
  if (!versions.includes(version)) throw ports.registry.missing(name, version)
  return version
}

/** Whoever publishes decides what is in a file: no browser may take it for a page of this server. */
const fileHeaders = { 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' }

const text = 'text/plain; charset=utf-8'

/** What browsers load parts of a page by; pages themselves are shown as text. */
const types: ReadonlyMap<string, string> = new Map([
  ...['js', 'mjs', 'cjs'].map((type) => [type, 'text/javascript; charset=utf-8'] as const),
  ...['json', 'map'].map((type) => [type, 'application/json; charset=utf-8'] as const),
  ...['css', 'csv'].map((type) => [type, `text/${type}; charset=utf-8`] as const),
  ...['html', 'htm', 'md', 'ts', 'txt', 'xml', 'yaml', 'yml'].map((type) => [type, text] as const),
  ...['gif', 'jpeg', 'png', 'webp'].map((type) => [type, `image/${type}`] as const),
  ['jpg', 'image/jpeg'],
  ['woff', 'font/woff'],
  ['woff2', 'font/woff2'],
])
