// What somebody uploads: an archive in a form, or the address of one in a form or as JSON.
import { SteleError } from '@stele/errors'
import { isJsonObject, parseJson } from '@stele/formats/json'
import type { Ask } from '@stele/http/routes'
import {
  maxAddressBytes,
  maxArchiveBytes,
  maxArchivesFetched,
  maxArchivesFetchedByAccount,
} from '../limits.ts'
import { parseForm } from './form.ts'
import type { FetchFrom } from './ports.ts'

/** Fetches an archive from one of the hosts that the operator named. */
export type FetchArchive = ReturnType<FetchFrom>

/** An archive, and what its file is called. */
export type Uploaded = { readonly name: string; readonly bytes: Uint8Array }

/**
 * Reads what is uploaded, and fetches it where it is an address. Throws request_invalid, server_busy, address_refused,
 * address_unreachable, and what reading a body throws.
 */
export function createReadUploaded(
  fetchArchive: FetchArchive,
): (ask: Ask, account: string) => Promise<Uploaded> {
  const fetchInBounds = createBounds()
  return async (ask, account) => {
    const type = ask.headers['content-type'] ?? ''
    const found = /^application\/json\s*(?:;|$)/i.test(type)
      ? addressIn(await ask.body(maxAddressBytes))
      : await readForm(ask, type)
    if (!(found instanceof URL)) return found
    const bytes = await fetchInBounds(account, () => fetchArchive(found, maxArchiveBytes))
    const name = decoded(found.pathname.slice(found.pathname.lastIndexOf('/') + 1))
    return { name, bytes }
  }
}

/** The archive in the field `file`; or an address, in that field or in `url`. */
async function readForm(ask: Ask, type: string): Promise<Uploaded | URL> {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(type)) {
    const wanted = 'send the archive in the field "file" of "multipart/form-data"'
    throw invalid(`it is no form; ${wanted}, or its address as JSON: {"url": "https://…"}`)
  }
  const parts = parseForm(await ask.body(maxArchiveBytes), type)
  const [found, ...more] = parts.filter(({ name }) => name === 'file' || name === 'url')
  if (found === undefined || more.length > 0) {
    throw invalid('it must have one field "file" with the archive, or one field "url"')
  }
  const { file, content } = found
  if (file !== undefined) return { name: file, bytes: content }
  if (content.length > maxAddressBytes) throw invalid('its address is too long')
  return parseAddress(Buffer.from(content).toString('utf8'))
}

function addressIn(body: Uint8Array): URL {
  const what = 'the request body'
  const said = parseJson(Buffer.from(body).toString('utf8'), what, 100)
  const url = isJsonObject(said) ? said['url'] : undefined
  if (typeof url !== 'string') throw invalid('it must have a "url" with the address of an archive')
  return parseAddress(url)
}

function parseAddress(text: string): URL {
  const url = URL.parse(text.trim())
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw invalid(`"${text.slice(0, 200)}" is neither an archive nor an address on the web`)
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('its address holds a password, which would be shown to others')
  }
  return url
}

/** At most so many archives are fetched at a time, by all and by one account. */
function createBounds(): <T>(account: string, work: () => Promise<T>) => Promise<T> {
  const running: string[] = []
  return async (account, work) => {
    const own = running.filter((one) => one === account).length
    if (own >= maxArchivesFetchedByAccount) throw busy('another archive is being fetched for you')
    if (running.length >= maxArchivesFetched) throw busy('other archives are being fetched')
    running.push(account)
    try {
      return await work()
    } finally {
      running.splice(running.indexOf(account), 1)
    }
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function busy(reason: string): SteleError {
  return new SteleError('server_busy', { reason, retryAfterS: 5 })
}

function invalid(reason: string, cause?: unknown): SteleError {
  return new SteleError('request_invalid', { what: 'the request body', reason }, { cause })
}
