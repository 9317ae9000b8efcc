// The life of a token: issued, used, listed, revoked, expired.
import { SteleError } from '@stele/errors'
import { clientKey, isInNetworks, type Network, parseNetwork } from '@stele/formats/networks'
import type { AccountStore, TokenRow } from './account-store.ts'
import {
  maxTokenDays,
  maxTokenNameLength,
  maxTokenNetworks,
  maxTokensPerAccount,
  type RateLimits,
  tokenUseStepMs,
} from './limits.ts'
import { createRateLimiter } from './rate-limit.ts'
import {
  formatToken,
  hashToken,
  isTokenText,
  previewToken,
  tokenRandomBytes,
} from './token-text.ts'

/** A token as its owner sees it later: everything but its text. Times in milliseconds since 1970. */
export type TokenInfo = Omit<TokenRow, 'hash' | 'account'>

/** A token just made: the only time that its text is seen. */
export type IssuedToken = { readonly token: string; readonly info: TokenInfo }

/** What a new token is to be. */
export type TokenWish = {
  readonly account: string
  readonly name: string
  readonly readonly?: boolean
  readonly networks?: readonly string[]
  /** Days until it expires; absent: never. */
  readonly days?: number
}

/** Who revokes: an account, and the token that says so, if one does. */
type Revoker = {
  readonly account: string
  readonly tokenKey?: string
  readonly readonly: boolean
}

export type Tokens = {
  /** Throws rate_limited, tokens_full, token_invalid. `address` absent: the operator, whom no limit holds. */
  readonly issue: (wish: TokenWish, address?: string) => IssuedToken
  /** The token of this text, if it is one, is in force, and may be used from there. Throws unauthenticated. */
  readonly use: (text: string, address: string) => TokenRow
  readonly list: (account: string) => readonly TokenInfo[]
  /** By its key or its text; one that may only read revokes none but itself. Throws token_not_found, token_read_only. */
  readonly revoke: (who: Revoker, keyOrText: string) => void
}

const dayMs = 24 * 60 * 60 * 1000

export function createTokens(ports: {
  readonly store: AccountStore
  readonly now: () => number
  readonly random: (size: number) => Uint8Array
  readonly limits: RateLimits
}): Tokens {
  const { store, now, random, limits } = ports
  const byAddress = createRateLimiter('new tokens', limits.newTokensByAddress, now)
  const byAccount = createRateLimiter('new tokens', limits.newTokensByAccount, now)
  return {
    issue: (wish, address) => {
      checkWish(wish)
      if (address !== undefined) {
        byAddress.take(clientKey(address))
        byAccount.take(wish.account)
      }
      store.removeTokensExpiredBy(wish.account, now())
      if (store.tokens(wish.account).length >= maxTokensPerAccount) {
        throw new SteleError('tokens_full', { account: wish.account, limit: maxTokensPerAccount })
      }
      const text = formatToken(random(tokenRandomBytes))
      const row = newRow(wish, { text, key: Buffer.from(random(16)).toString('hex'), nowMs: now() })
      store.insertToken(row)
      return { token: text, info: infoOf(row) }
    },
    use: (text, address) => {
      const row = isTokenText(text) ? store.tokenByHash(hashToken(text)) : undefined
      if (row === undefined) throw refuse('the token is not known here')
      if (row.expiresMs !== null && row.expiresMs <= now()) throw refuse('the token has expired')
      if (row.networks.length > 0 && !isInNetworks(address, networksOf(row))) {
        throw refuse('the token may not be used from this address')
      }
      if (now() - (row.usedMs ?? 0) >= tokenUseStepMs) store.touchToken(row.key, now())
      return row
    },
    list: (account) => store.tokens(account).map(infoOf),
    revoke: ({ account, tokenKey, readonly }, keyOrText) => {
      const key = isTokenText(keyOrText) ? store.tokenByHash(hashToken(keyOrText))?.key : keyOrText
      if (readonly && key !== tokenKey) throw new SteleError('token_read_only', { account })
      if (key === undefined || !store.removeToken(account, key)) {
        throw new SteleError('token_not_found', { key: isTokenText(keyOrText) ? '***' : keyOrText })
      }
    },
  }
}

function checkWish(wish: TokenWish): void {
  const { name, networks = [], days } = wish
  if (name.length > maxTokenNameLength) {
    throw invalid('name', `has more than ${maxTokenNameLength} characters`)
  }
  if (networks.length > maxTokenNetworks) {
    throw invalid('cidr_whitelist', `has more than ${maxTokenNetworks} networks`)
  }
  for (const network of networks) {
    if (parseNetwork(network) === undefined) {
      throw invalid('cidr_whitelist', `holds "${network}": must be a network such as 10.0.0.0/8`)
    }
  }
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= maxTokenDays)) {
    throw invalid('expires', `is ${days}: must be from 1 to ${maxTokenDays} days`)
  }
}

function newRow(
  wish: TokenWish,
  made: { readonly text: string; readonly key: string; readonly nowMs: number },
): TokenRow {
  return {
    key: made.key,
    account: wish.account,
    hash: hashToken(made.text),
    name: wish.name,
    ...previewToken(made.text),
    readonly: wish.readonly ?? false,
    networks: wish.networks ?? [],
    createdMs: made.nowMs,
    usedMs: null,
    expiresMs: wish.days === undefined ? null : made.nowMs + wish.days * dayMs,
  }
}

function infoOf(row: TokenRow): TokenInfo {
  const { hash: _hash, account: _account, ...info } = row
  return info
}

function networksOf(row: TokenRow): readonly Network[] {
  return row.networks.map(parseNetwork).filter((network) => network !== undefined)
}

function invalid(member: string, reason: string): SteleError {
  return new SteleError('token_invalid', { member, reason })
}

function refuse(reason: string): SteleError {
  return new SteleError('unauthenticated', { reason })
}
