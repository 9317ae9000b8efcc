import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { maxHashesRunning, maxHashesWaiting, rememberPasswordMs } from '../src/limits.ts'
import { alice, createFixture, type Fixture } from './accounts-fixture.ts'

const window = { limit: 2, windowMs: 60_000 }

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'fine',
    (error: unknown) => (isSteleError(error) ? error.code : String(error)),
  )
}

async function withAlice(limits = {}): Promise<Fixture> {
  const fixture = createFixture(limits)
  await fixture.accounts.signUp(alice)
  return fixture
}

test('verify() says the same of an unknown user and of a wrong password', async () => {
  const { accounts } = await withAlice()
  const errors = await Promise.all(
    ['alice', 'nobody'].map(async (account) => {
      const error: unknown = await accounts
        .verifyPassword({ ...alice, account, password: 'wrong horse' })
        .catch((caught: unknown) => caught)
      assert.ok(isSteleError(error, 'password_wrong'))
      return error.message.replace(account, 'X')
    }),
  )
  assert.equal(errors[0], errors[1])
})

for (const by of ['failedLogInsByAddress', 'failedLogInsByAccount'] as const) {
  test(`verify() refuses after too many failures, ${by}, until the window ends`, async () => {
    const { accounts, clock } = await withAlice({ [by]: window })
    const wrong = { ...alice, password: 'wrong horse' }
    assert.equal(await codeOf(accounts.verifyPassword(wrong)), 'password_wrong')
    assert.equal(await codeOf(accounts.verifyPassword(wrong)), 'password_wrong')
    assert.equal(await codeOf(accounts.verifyPassword(alice)), 'rate_limited')
    const elsewhere = { ...alice, address: '192.0.2.99' }
    const isByAddress = by === 'failedLogInsByAddress'
    assert.equal(
      await codeOf(accounts.verifyPassword(elsewhere)),
      isByAddress ? 'fine' : 'rate_limited',
    )
    clock.nowMs += 60_000
    assert.equal(await codeOf(accounts.verifyPassword(alice)), 'fine')
  })
}

test('verify() does not count successes', async () => {
  const { accounts, clock } = await withAlice({ failedLogInsByAddress: window })
  for (let i = 0; i < 5; i++) {
    clock.nowMs += rememberPasswordMs
    assert.equal(await codeOf(accounts.verifyPassword(alice)), 'fine')
  }
})

test('verify() counts a burst before it hashes', async () => {
  const { accounts } = await withAlice({ failedLogInsByAddress: window })
  const wrong = { ...alice, password: 'wrong horse' }
  const codes = await Promise.all(
    Array.from({ length: 6 }, () => codeOf(accounts.verifyPassword(wrong))),
  )
  assert.equal(codes.filter((code) => code === 'password_wrong').length, 2)
})

test('verify() bounds how many hashes run and wait, so that log-ins cannot exhaust memory', async () => {
  const many = { limit: 10_000, windowMs: 1000 }
  const { accounts } = await withAlice({ failedLogInsByAddress: many, failedLogInsByAccount: many })
  const burst = maxHashesRunning + maxHashesWaiting + 10
  const codes = await Promise.all(
    Array.from({ length: burst }, (_, i) =>
      codeOf(accounts.verifyPassword({ ...alice, password: `wrong horse ${i}` })),
    ),
  )
  assert.equal(codes.filter((code) => code === 'server_busy').length, 10)
})

test('verify() forgets a remembered password when it is changed', async () => {
  const { accounts } = await withAlice()
  assert.equal(await codeOf(accounts.verifyPassword(alice)), 'fine')
  await accounts.changePassword(alice, 'battery staple')
  assert.equal(await codeOf(accounts.verifyPassword(alice)), 'password_wrong')
})
