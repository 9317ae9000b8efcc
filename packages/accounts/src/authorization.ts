// The Authorization header: Bearer with a token, or Basic with a name and a password (npm-wire H1).
import { SteleError } from '@stele/errors'
import { maxAuthorizationLength } from './limits.ts'

/** What the header holds. An attacker controls all of it. */
export type Credentials =
  | { readonly scheme: 'bearer'; readonly token: string }
  | { readonly scheme: 'basic'; readonly account: string; readonly password: string }

/** The credentials in an Authorization header. Throws unauthenticated. */
export function parseAuthorization(header: string): Credentials {
  if (header.length > maxAuthorizationLength) throw refuse('the Authorization header is too long')
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +([^\s]+) *$/.exec(header) ?? []
  if (/^bearer$/i.test(scheme)) return { scheme: 'bearer', token: value }
  if (/^basic$/i.test(scheme)) return parseBasic(value)
  throw refuse('the Authorization header has another scheme than "Bearer" and "Basic"')
}

function parseBasic(value: string): Credentials {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) throw refuse('the Basic credentials are not base64')
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw refuse('the Basic credentials are not "<name>:<password>"')
  return { scheme: 'basic', account: text.slice(0, colon), password: text.slice(colon + 1) }
}

function refuse(reason: string): SteleError {
  return new SteleError('unauthenticated', { reason })
}
