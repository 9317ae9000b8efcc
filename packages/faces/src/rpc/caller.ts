// Who calls: a name that is taken for granted in debug mode, and nobody elsewhere.
import type { VouchedVia } from '@stele/entries/senders'
import { SteleError } from '@stele/errors'
import type { Ask } from '@stele/http/routes'
import { maxUserLength } from '../limits.ts'

/** Who calls, and how that is known. */
export type Caller = { readonly account: string | null; readonly via: VouchedVia }

/**
 * The caller of everything on this connection: `?user=` of its address, or the name of Basic credentials (the password is
 * not looked at). Throws `request_invalid`, and `debug_only` where names are not taken for granted.
 */
export function callerOf(ask: Pick<Ask, 'query' | 'headers'>, isDebug: boolean): Caller {
  const user = ask.query.get('user') ?? basicUser(ask.headers['authorization'])
  const via = isDebug ? 'debug' : 'token'
  if (user === undefined || user === '') return { account: null, via }
  if (!isDebug) throw new SteleError('debug_only', { user: user.slice(0, maxUserLength) })
  const reason = faultOf(user)
  if (reason !== undefined) throw new SteleError('request_invalid', { what: 'the user', reason })
  return { account: user, via }
}

function basicUser(header: string | undefined): string | undefined {
  const [, base64] = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '') ?? []
  if (base64 === undefined) return undefined
  const text = Buffer.from(base64, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? text : text.slice(0, colon)
}

function faultOf(user: string): string | undefined {
  if (user.length > maxUserLength) return `it has more than ${maxUserLength} characters`
  if (!user.isWellFormed()) return 'it is no Unicode text'
  if (user.startsWith('stele/')) return 'names that begin with "stele/" are the log\'s own'
  if (user.startsWith('ed25519:')) return 'it is a public key, whose owner signs what he calls'
  return undefined
}
