// List, make and revoke tokens (npm-wire A6 to A8).

import type { TokenInfo, TokenWish } from '@stele/accounts'
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import {
  type Ask,
  type Draft,
  numberParameter,
  ownDraft,
  ownOnly,
  type Route,
  textMember,
} from '@stele/http/routes'
import type { Access } from '../access.ts'
import { maxLogInBytes, maxTokensPage } from '../limits.ts'
import type { NpmPorts } from './ports.ts'

type Tools = { readonly ports: Pick<NpmPorts, 'accounts'>; readonly access: Access }

const path = '/-/npm/v1/tokens'

export function tokenRoutes(ports: Pick<NpmPorts, 'accounts'>, access: Access): Route[] {
  const tools = { ports, access }
  return [
    { method: 'GET', path, answer: (ask) => listTokens(ask, tools) },
    { method: 'POST', path, answer: (ask) => createToken(ask, tools) },
    {
      method: 'DELETE',
      path: `${path}/token/:key`,
      answer: async (ask, params) => {
        ports.accounts.revokeToken(await access.need(ask), params('key'))
        return { status: 204, headers: { 'cache-control': ownOnly } }
      },
    },
  ]
}

/** `urls.next` is absent on the last page: an empty text sends pnpm 12 round and round (A6). */
async function listTokens(ask: Ask, { ports, access }: Tools): Promise<Draft> {
  const { account } = await access.need(ask)
  const page = numberParameter(ask, 'page', { least: 0, most: 100_000, absent: 0 })
  const perPage = numberParameter(ask, 'perPage', { least: 1, most: maxTokensPage, absent: 10 })
  const all = ports.accounts.listTokens(account)
  const end = (page + 1) * perPage
  const next = `${ask.baseUrl()}${path}?page=${page + 1}&perPage=${perPage}`
  return ownDraft(200, {
    objects: all.slice(page * perPage, end).map(tokenJson),
    total: all.length,
    urls: end < all.length ? { next } : {},
  })
}

/** Needs the password again: a stolen token must not make others. */
async function createToken(ask: Ask, { ports, access }: Tools): Promise<Draft> {
  const { account, readonly } = await access.need(ask)
  if (readonly) throw new SteleError('token_read_only', { account })
  const body = await ask.object({ bytes: maxLogInBytes })
  const wish = wishOf(account, body)
  const password = textMember(body, 'password') ?? ''
  await ports.accounts.verifyPassword({ account, password, address: ask.client })
  const { token, info } = ports.accounts.createToken(wish, ask.client)
  return ownDraft(201, { ...tokenJson(info), token })
}

/** What is asked for, in npm 10's words and in npm 11's. What would narrow the token and is not offered is refused. */
function wishOf(account: string, body: JsonObject): TokenWish {
  for (const member of ['packages', 'scopes', 'orgs']) {
    const list = body[member]
    if (Array.isArray(list) && list.length > 0) throw narrower(member)
  }
  const permission = textMember(body, 'packages_and_scopes_permission')
  if (permission !== undefined && permission !== 'read-only' && permission !== 'read-write') {
    throw narrower('packages_and_scopes_permission')
  }
  const days = body['expires'] ?? undefined
  if (days !== undefined && typeof days !== 'number') {
    throw new SteleError('token_invalid', { member: 'expires', reason: 'is not a number of days' })
  }
  const readonly = body['readonly'] ?? false
  if (typeof readonly !== 'boolean') {
    throw new SteleError('token_invalid', {
      member: 'readonly',
      reason: 'is neither true nor false',
    })
  }
  return {
    account,
    name: textMember(body, 'name') ?? 'npm token',
    readonly: readonly || permission === 'read-only',
    networks: networksOf(body['cidr_whitelist']),
    ...(days === undefined ? {} : { days }),
  }
}

function networksOf(list: JsonObject[string] | undefined): string[] {
  if (list === undefined || list === null) return []
  const texts = Array.isArray(list) ? list.filter((network) => typeof network === 'string') : []
  if (Array.isArray(list) && texts.length === list.length) return texts
  throw new SteleError('token_invalid', {
    member: 'cidr_whitelist',
    reason: 'is not a list of texts',
  })
}

function narrower(member: string): SteleError {
  return new SteleError('token_invalid', {
    member,
    reason: 'asks for a restriction that this registry does not offer',
  })
}

/** `token` is the start of the text alone: npm finds a token given by its text by that (`npm token revoke`). */
function tokenJson(info: TokenInfo): Record<string, unknown> {
  return {
    key: info.key,
    token: info.first,
    preview: `${info.first}…${info.last}`,
    name: info.name,
    created: new Date(info.createdMs).toISOString(),
    updated: new Date(info.createdMs).toISOString(),
    last_used: info.usedMs === null ? null : new Date(info.usedMs).toISOString(),
    readonly: info.readonly,
    // Not an empty list: npm would print an empty line for it.
    cidr_whitelist: info.networks.length === 0 ? null : info.networks,
    expires: info.expiresMs === null ? null : new Date(info.expiresMs).toISOString(),
  }
}
