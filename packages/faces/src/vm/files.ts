// GET /-/files/…: the files that a script has written. Folders are listed: as a page, as JSON, or a name a line.
import { filesRoot, listingOf } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import {
  type Ask,
  type Draft,
  jsonDraft,
  type Params,
  type Route,
  revalidate,
} from '@stele/http/routes'
import { htmlDraft } from '../web/html.ts'
import { formatFolderPage } from './pages.ts'
import type { VmPorts } from './ports.ts'

export function filesRoutes(ports: VmPorts): Route[] {
  return [filesRoot, `${filesRoot}*`].flatMap((path) => routesAt(path, ports))
}

function routesAt(path: string, ports: VmPorts): Route[] {
  const place = (params: Params): Place => placeOf(path.endsWith('*') ? params('*') : '', ports)
  return [
    {
      method: 'GET',
      path,
      accepts: 'text/html',
      answer: (ask, params) => {
        const found = place(params)
        return found.isFolder ? folderPage(ask, found, ports) : fileDraft(found, ports)
      },
    },
    {
      method: 'GET',
      path,
      accepts: 'application/json',
      answer: (_ask, params) => {
        const found = place(params)
        if (!found.isFolder) return fileDraft(found, ports)
        return jsonDraft(200, listingOf(found.path, ports.files.list(found.path)))
      },
    },
    {
      method: 'GET',
      path,
      answer: (_ask, params) => {
        const found = place(params)
        if (!found.isFolder) return fileDraft(found, ports)
        const names = ports.files.list(found.path)
        return textDraft(names.map((name) => `${name}\n`).join(''))
      },
    },
  ]
}

/** A file or a folder of the state; `object` and `field` are where a file lies. */
type Place = {
  readonly path: string
  readonly object: string
  readonly field: string
  readonly isFolder: boolean
}

function placeOf(star: string, { files }: VmPorts): Place {
  const segments = star.split('/').filter((segment) => segment !== '')
  if (segments.some((segment) => segment === '.' || segment === '..')) throw missing(star)
  const path = `/${segments.join('/')}`
  const field = segments.at(-1) ?? ''
  const object = `/${segments.slice(0, -1).join('/')}`
  const isFolder = path === '/' || files.row(object, `${field}/`) !== undefined
  if (isFolder) return { path, object, field, isFolder }
  if (files.row(object, field) === undefined) throw missing(path)
  return { path, object, field, isFolder }
}

function folderPage(ask: Ask, { path }: Place, ports: VmPorts): Draft {
  const names = ports.files.list(path)
  return htmlDraft(formatFolderPage({ baseUrl: ask.baseUrl(), title: ports.title, path, names }))
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Whoever calls the script decides what is in a file: no browser may take it for a page of this server. */
function fileDraft({ object, field, path }: Place, { files }: VmPorts): Draft {
  const body = files.get(object, field)
  if (body === undefined) throw missing(path)
  const type = isText(body) ? 'text/plain; charset=utf-8' : 'application/octet-stream'
  return { status: 200, headers: { ...fileHeaders, 'content-type': type }, body, codable: true }
}

const fileHeaders = {
  'cache-control': revalidate,
  'x-content-type-options': 'nosniff',
  'content-security-policy': 'sandbox',
}

function textDraft(text: string): Draft {
  const headers = { ...fileHeaders, 'content-type': 'text/plain; charset=utf-8' }
  return { status: 200, headers, body: Buffer.from(text), codable: true }
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

function missing(path: string): SteleError {
  return new SteleError('not_found', { what: `"${path.slice(0, 200)}" among the files` })
}
