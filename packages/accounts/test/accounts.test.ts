import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { alice, createFixture } from './accounts-fixture.ts'

async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work)
    return 'fine'
  } catch (error) {
    return isSteleError(error) ? error.code : String(error)
  }
}

test('signUp() stores the user and gives a token that works', async () => {
  const { accounts } = createFixture()
  const { token } = await accounts.signUp({ ...alice, email: 'alice@example.com' })
  assert.equal((await accounts.authenticate(`Bearer ${token}`, alice.address))?.account, 'alice')
  assert.equal(accounts.profile('alice').email, 'alice@example.com')
  assert.equal(accounts.has('alice'), true)
})

test('signUp() of one name twice at once stores exactly one', async () => {
  const { accounts } = createFixture()
  const codes = await Promise.all([
    codeOf(accounts.signUp(alice)),
    codeOf(accounts.signUp({ ...alice, password: 'another horse' })),
  ])
  assert.deepEqual(codes.sort(), ['account_exists', 'fine'])
})

const refused: readonly (readonly [code: string, claim: Record<string, string>])[] = [
  ['account_invalid', { account: 'Alice' }],
  ['account_invalid', { account: '' }],
  ['account_invalid', { account: '__proto__' }],
  ['account_invalid', { account: '../alice' }],
  ['password_invalid', { password: 'short' }],
  ['email_invalid', { email: 'no address' }],
  ['email_invalid', { email: 'a@b\r\nbcc: c@d' }],
  ['email_invalid', { email: `${'x'.repeat(320)}@example.com` }],
]
for (const [code, claim] of refused) {
  test(`signUp() throws ${code} for ${JSON.stringify(claim).slice(0, 40)}`, async () => {
    const { accounts } = createFixture()
    assert.equal(await codeOf(accounts.signUp({ ...alice, ...claim })), code)
  })
}

test('signUp() refuses beyond the rate of an address', async () => {
  const { accounts } = createFixture({ signUpsByAddress: { limit: 1, windowMs: 1000 } })
  assert.equal(await codeOf(accounts.signUp(alice)), 'fine')
  assert.equal(await codeOf(accounts.signUp({ ...alice, account: 'bob' })), 'rate_limited')
  assert.equal(await codeOf(accounts.signUp({ ...alice, account: 'bob', address: '::1' })), 'fine')
})

test('authenticate() gives nothing without a header, and never takes a bad one for none', async () => {
  const { accounts } = createFixture()
  await accounts.signUp(alice)
  const found = async (header?: string): Promise<string> =>
    codeOf(accounts.authenticate(header, alice.address))
  assert.equal(await accounts.authenticate(undefined, alice.address), undefined)
  assert.equal(await found('Bearer nonsense'), 'unauthenticated')
  assert.equal(
    await found(`Basic ${Buffer.from('alice:wrong').toString('base64')}`),
    'password_wrong',
  )
})

test('authenticate() takes Basic, again and again without hashing again', async () => {
  const { accounts } = createFixture({ failedLogInsByAddress: { limit: 1, windowMs: 1e9 } })
  await accounts.signUp(alice)
  const header = `Basic ${Buffer.from(`alice:${alice.password}`).toString('base64')}`
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await accounts.authenticate(header, alice.address), {
      account: 'alice',
      readonly: false,
    })
  }
})

test('changePassword() needs the old one, and keeps tokens', async () => {
  const { accounts } = createFixture()
  const { token } = await accounts.signUp(alice)
  const wrong = { ...alice, password: 'wrong horse' }
  assert.equal(await codeOf(accounts.changePassword(wrong, 'battery staple')), 'password_wrong')
  assert.equal(await codeOf(accounts.changePassword(alice, 'short')), 'password_invalid')
  await accounts.changePassword(alice, 'battery staple')
  assert.equal(await codeOf(accounts.logIn({ ...alice, password: 'battery staple' })), 'fine')
  assert.equal(await codeOf(accounts.authenticate(`Bearer ${token}`, alice.address)), 'fine')
})

test('setEmail() sets and forgets the address', async () => {
  const { accounts, clock } = createFixture()
  await accounts.signUp(alice)
  clock.nowMs += 5
  accounts.setEmail('alice', 'a@example.com')
  assert.deepEqual(accounts.profile('alice').email, 'a@example.com')
  assert.equal(accounts.profile('alice').updatedMs, clock.nowMs)
  accounts.setEmail('alice', null)
  assert.equal(accounts.profile('alice').email, null)
})

test('addUser() makes a password, or a token, when none is given', async () => {
  const { accounts } = createFixture()
  const withPassword = await accounts.addUser({ account: 'alice' })
  assert.match(withPassword.password ?? '', /^[0-9A-Za-z]{20}$/)
  assert.equal(
    await codeOf(accounts.logIn({ ...alice, password: withPassword.password ?? '' })),
    'fine',
  )
  const withToken = await accounts.addUser({ account: 'bot', secret: 'token' })
  assert.equal(withToken.password, undefined)
  assert.equal((await accounts.authenticate(`Bearer ${withToken.token}`, '::1'))?.account, 'bot')
  assert.equal(
    await codeOf(accounts.logIn({ ...alice, account: 'bot', password: '' })),
    'password_wrong',
  )
  const given = await accounts.addUser({ account: 'carol', password: 'given horse' })
  assert.deepEqual(given, { account: 'carol' })
  assert.equal(await codeOf(accounts.addUser({ account: 'carol' })), 'account_exists')
})

test('setPassword() replaces the password and leaves the tokens', async () => {
  const { accounts } = createFixture()
  const { token } = await accounts.signUp(alice)
  const made = await accounts.setPassword('alice')
  assert.equal(await codeOf(accounts.logIn(alice)), 'password_wrong')
  assert.equal(await codeOf(accounts.logIn({ ...alice, password: made.password ?? '' })), 'fine')
  assert.equal((await accounts.authenticate(`Bearer ${token}`, '::1'))?.account, 'alice')
  assert.deepEqual(await accounts.setPassword('alice', 'given horse'), { account: 'alice' })
  assert.equal(await codeOf(accounts.logIn({ ...alice, password: 'given horse' })), 'fine')
})

test('setPassword() refuses a password that is too short, and whoever is not there', async () => {
  const { accounts } = createFixture()
  await accounts.signUp(alice)
  assert.equal(await codeOf(accounts.setPassword('alice', 'x')), 'password_invalid')
  assert.equal(await codeOf(accounts.logIn(alice)), 'fine')
  assert.equal(await codeOf(accounts.setPassword('nobody')), 'account_not_found')
  accounts.removeUser('alice')
  assert.equal(await codeOf(accounts.setPassword('alice')), 'account_not_found')
})

test('removeUser() shuts the account out, and nobody else can sign up under the name', async () => {
  const { accounts, store } = createFixture()
  const { token } = await accounts.signUp({ ...alice, email: 'alice@example.com' })
  accounts.removeUser('alice')
  assert.equal(accounts.has('alice'), false)
  assert.deepEqual(accounts.listUsers(), [])
  assert.equal(await codeOf(accounts.authenticate(`Bearer ${token}`, '::1')), 'unauthenticated')
  assert.equal(await codeOf(accounts.logIn(alice)), 'password_wrong')
  assert.equal(await codeOf(accounts.signUp(alice)), 'account_exists')
  assert.equal(JSON.stringify(store.users()).includes('example.com'), false)
  assert.equal(await codeOf(() => accounts.removeUser('alice')), 'account_not_found')
  assert.equal(
    (await accounts.addUser({ account: 'alice', password: 'new horse' })).account,
    'alice',
  )
  assert.equal(await codeOf(accounts.logIn({ ...alice, password: 'new horse' })), 'fine')
})

test('a password that is being checked lets nobody in once its user is removed, or it is changed', async () => {
  const { accounts, store } = createFixture()
  await accounts.signUp(alice)
  const entering = codeOf(accounts.logIn(alice))
  accounts.removeUser('alice')
  assert.equal(await entering, 'password_wrong')
  assert.deepEqual(store.tokens('alice'), [])
  await accounts.addUser({ account: 'bob', password: 'correct horse' })
  const bob = store.user('bob')
  const old = codeOf(accounts.logIn({ ...alice, account: 'bob' }))
  if (bob !== undefined) store.updateUser({ ...bob, passwordHash: null })
  assert.equal(await old, 'password_wrong')
})

test('listUsers() lists by name', async () => {
  const { accounts } = createFixture()
  await accounts.addUser({ account: 'bob' })
  await accounts.addUser({ account: 'alice' })
  assert.deepEqual(
    accounts.listUsers().map((user) => user.account),
    ['alice', 'bob'],
  )
})

test('share() gives an account that no secret opens, and nobody their own to others', async () => {
  const { accounts } = createFixture()
  assert.deepEqual([accounts.share('mnpm'), accounts.share('mnpm')], [true, true])
  assert.equal(await codeOf(accounts.signUp({ ...alice, account: 'mnpm' })), 'account_exists')
  await accounts.addUser({ account: 'bob' })
  await accounts.addUser({ account: 'carl', secret: 'token' })
  await accounts.addUser({ account: 'gone' })
  accounts.removeUser('gone')
  assert.deepEqual(['bob', 'carl', 'gone'].map(accounts.share), [false, false, false])
  await accounts.setPassword('mnpm')
  assert.equal(accounts.share('mnpm'), false)
})
