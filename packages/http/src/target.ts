// The target of a request: mount path taken off, scoped names in one segment, query parsed.
import { SteleError } from '@stele/errors'

/** Where a request goes. */
export type Target = {
  /** Still percent-encoded; a scoped name is one segment, `/@scope%2Fname/…` (npm-wire U1). */
  readonly path: string
  readonly query: URLSearchParams
}

/** The target of `url` (as sent) below `mountPath`. Undefined: it lies outside. Throws request_invalid. */
export function parseTarget(url: string, mountPath: string): Target | undefined {
  // A proxy may send the absolute form.
  const local = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const [, sent = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(local) ?? []
  if (sent !== '' && !sent.startsWith('/')) throw invalid('it does not start with "/"')
  if (!isDecodable(sent)) throw invalid('its percent-encoding is broken')
  const inside = sent === mountPath || sent.startsWith(`${mountPath}/`)
  if (!inside) return undefined
  const path = foldScopes(sent.slice(mountPath.length))
  return { path: path === '' ? '/' : path, query: new URLSearchParams(query) }
}

/** `/@scope/name` as `/@scope%2Fname`, wherever it stands in the path. */
function foldScopes(path: string): string {
  return path.replace(/\/((?:@|%40)(?:(?!%2f)[^/])*)\/(?=[^/])/gi, '/$1%2F')
}

function isDecodable(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0')
  } catch {
    return false
  }
}

function invalid(reason: string): SteleError {
  return new SteleError('request_invalid', { what: 'the path', reason })
}
