import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { Identity } from '../src/accounts.ts'
import { maxTokensPerAccount, tokenUseStepMs } from '../src/limits.ts'
import type { TokenWish } from '../src/tokens.ts'
import { alice, createFixture, type Fixture } from './accounts-fixture.ts'

const dayMs = 86_400_000
/** As who has logged in by a password. */
const as = (account: string): Identity => ({ account, readonly: false })
const wish: TokenWish = { account: 'alice', name: 'ci' }

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'fine'
  } catch (error) {
    return isSteleError(error) ? error.code : String(error)
  }
}

async function withAlice(limits = {}): Promise<Fixture> {
  const fixture = createFixture(limits)
  await fixture.accounts.signUp(alice)
  return fixture
}

function use({ accounts }: Fixture, token: string, address = '192.0.2.1'): Promise<string> {
  return codeOf(() => accounts.authenticate(`Bearer ${token}`, address))
}

test('authenticate() names the account and key of a token', async () => {
  const fixture = await withAlice()
  const { token, info } = fixture.accounts.createToken({ ...wish, readonly: true }, '192.0.2.1')
  assert.deepEqual(await fixture.accounts.authenticate(`Bearer ${token}`, '192.0.2.1'), {
    account: 'alice',
    tokenKey: info.key,
    readonly: true,
  })
})

test('a token is refused from the moment it expires', async () => {
  const fixture = await withAlice()
  const { token } = fixture.accounts.createToken({ ...wish, days: 2 }, '192.0.2.1')
  fixture.clock.nowMs += 2 * dayMs - 1
  assert.equal(await use(fixture, token), 'fine')
  assert.equal(fixture.accounts.listTokens('alice').length, 2)
  fixture.clock.nowMs += 1
  assert.equal(await use(fixture, token), 'unauthenticated')
  assert.equal(fixture.accounts.listTokens('alice').length, 1)
})

test('a token is refused from outside its networks', async () => {
  const fixture = await withAlice()
  const { token } = fixture.accounts.createToken(
    { ...wish, networks: ['10.0.0.0/8', '2001:db8::/32'] },
    '10.1.1.1',
  )
  assert.equal(await use(fixture, token, '10.200.0.1'), 'fine')
  assert.equal(await use(fixture, token, '2001:db8::1'), 'fine')
  assert.equal(await use(fixture, token, '192.0.2.1'), 'unauthenticated')
})

test('revokeToken() takes the key or the text, and of one account alone', async () => {
  const fixture = await withAlice()
  const { accounts } = fixture
  await accounts.signUp({ ...alice, account: 'bob' })
  const first = accounts.createToken(wish, '192.0.2.1')
  const second = accounts.createToken(wish, '192.0.2.1')
  assert.equal(
    await codeOf(() => accounts.revokeToken(as('bob'), first.info.key)),
    'token_not_found',
  )
  assert.equal(await codeOf(() => accounts.revokeToken(as('bob'), first.token)), 'token_not_found')
  accounts.revokeToken(as('alice'), first.info.key)
  accounts.revokeToken(as('alice'), second.token)
  assert.equal(await use(fixture, first.token), 'unauthenticated')
  assert.equal(await use(fixture, second.token), 'unauthenticated')
  assert.equal(
    await codeOf(() => accounts.revokeToken(as('alice'), first.token)),
    'token_not_found',
  )
})

test('revokeToken() lets a token that may only read revoke itself alone', async () => {
  const fixture = await withAlice()
  const { accounts } = fixture
  const reader = accounts.createToken({ ...wish, readonly: true }, '192.0.2.1')
  const other = accounts.createToken(wish, '192.0.2.1')
  const who: Identity = { account: 'alice', tokenKey: reader.info.key, readonly: true }
  for (const text of [other.token, other.info.key, 'none']) {
    assert.equal(await codeOf(() => accounts.revokeToken(who, text)), 'token_read_only')
  }
  assert.equal(await use(fixture, other.token), 'fine')
  accounts.revokeToken(who, reader.token)
  assert.equal(await use(fixture, reader.token), 'unauthenticated')
})

test('only a hash of a token is stored, and lists do not show it', async () => {
  const { accounts, store } = await withAlice()
  const { token } = accounts.createToken(wish, '192.0.2.1')
  const stored = JSON.stringify([
    store.users(),
    store.tokens('alice'),
    accounts.listTokens('alice'),
  ])
  assert.equal(stored.includes(token), false)
  assert.equal(stored.includes(alice.password), false)
  assert.equal('hash' in (accounts.listTokens('alice')[0] ?? {}), false)
})

test('the last use is stored at most once an hour', async () => {
  const fixture = await withAlice()
  const { accounts, clock } = fixture
  const { token, info } = accounts.createToken(wish, '192.0.2.1')
  const usedMs = (): number | null | undefined =>
    accounts.listTokens('alice').find((row) => row.key === info.key)?.usedMs
  clock.nowMs += tokenUseStepMs * 10
  const firstMs = clock.nowMs
  await use(fixture, token)
  clock.nowMs += tokenUseStepMs - 1
  await use(fixture, token)
  assert.equal(usedMs(), firstMs)
  clock.nowMs += 1
  await use(fixture, token)
  assert.equal(usedMs(), clock.nowMs)
})

const wrong: readonly (readonly [member: string, wish: Partial<TokenWish>])[] = [
  ['name', { name: 'x'.repeat(201) }],
  ['cidr_whitelist', { networks: ['10.0.0.0/99'] }],
  ['cidr_whitelist', { networks: Array<string>(101).fill('10.0.0.0/8') }],
  ['expires', { days: 0 }],
  ['expires', { days: 1.5 }],
  ['expires', { days: 1e9 }],
  ['expires', { days: Number.NaN }],
]
for (const [member, part] of wrong) {
  test(`createToken() refuses ${JSON.stringify(part).slice(0, 40)}`, async () => {
    const { accounts } = await withAlice()
    assert.throws(
      () => accounts.createToken({ ...wish, ...part }, '192.0.2.1'),
      (error) => isSteleError(error, 'token_invalid') && error.details.member === member,
    )
  })
}

test('createToken() refuses beyond the rate of an address and of an account', async () => {
  for (const by of ['newTokensByAddress', 'newTokensByAccount'] as const) {
    const { accounts } = await withAlice({ [by]: { limit: 2, windowMs: 1000 } })
    accounts.createToken(wish, alice.address) // Signing up took the first.
    assert.equal(await codeOf(() => accounts.createToken(wish, alice.address)), 'rate_limited')
  }
})

test('createToken() refuses when the account has too many, and drops expired ones first', async () => {
  const all = { limit: 1e9, windowMs: 1000 }
  const { accounts, clock } = await withAlice({ newTokensByAddress: all, newTokensByAccount: all })
  accounts.createToken({ ...wish, days: 1 }, '192.0.2.1')
  for (let i = 2; i < maxTokensPerAccount; i++) accounts.createToken(wish, '192.0.2.1')
  assert.equal(await codeOf(() => accounts.createToken(wish, '192.0.2.1')), 'tokens_full')
  clock.nowMs += dayMs
  assert.equal(await codeOf(() => accounts.createToken(wish, '192.0.2.1')), 'fine')
})
