// The target of a request: mount path taken off, folded as the faces want it, query parsed.
import { SteleError } from '@stele/errors'

/** Where a request goes. */
export type Target = {
  /** Still percent-encoded, and folded. */
  readonly path: string
  readonly query: URLSearchParams
}

/** Where the app lies, and how it folds paths. */
type Place = { readonly mountPath: string; readonly foldPath: (path: string) => string }

/** The target of `url` (as sent) below the mount path. Undefined: it lies outside. Throws request_invalid. */
export function parseTarget(url: string, { mountPath, foldPath }: Place): Target | undefined {
  // A proxy may send the absolute form.
  const local = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const [, sent = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(local) ?? []
  if (sent !== '' && !sent.startsWith('/')) throw invalid('it does not start with "/"')
  const fault = faultOf(sent)
  if (fault !== undefined) throw invalid(fault)
  const inside = sent === mountPath || sent.startsWith(`${mountPath}/`)
  if (!inside) return undefined
  const path = foldPath(sent.slice(mountPath.length))
  return { path: path === '' ? '/' : path, query: new URLSearchParams(query) }
}

function faultOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path).includes('\0') ? 'it contains a NUL character' : undefined
  } catch {
    return 'its percent-encoding is broken'
  }
}

function invalid(reason: string): SteleError {
  return new SteleError('request_invalid', { what: 'the path', reason })
}
