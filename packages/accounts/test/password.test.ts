import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { checkNewPassword, defaultPasswordCost, hashPassword, isPassword } from '../src/password.ts'
import { cheapCost } from './accounts-fixture.ts'

const salt = Buffer.from('sixteen bytes!!!')

test('hashPassword() writes PHC text with the cost in it', async () => {
  const text = await hashPassword('correct horse', salt, cheapCost)
  assert.match(text, /^\$argon2id\$v=19\$m=8,t=1,p=1\$c2l4dGVlbiBieXRlcyEhIQ\$[A-Za-z0-9+/]{43}$/)
})

test('hashPassword() agrees with the reference implementation', async () => {
  // phc-winner-argon2, test.c: password, somesalt, t=2, m=2^16, p=1, 32 bytes, version 0x13.
  const text = await hashPassword('password', Buffer.from('somesalt'), {
    memoryKib: 65_536,
    passes: 2,
    parallelism: 1,
  })
  const tag = Buffer.from(text.split('$').at(-1) ?? '', 'base64').toString('hex')
  assert.equal(tag, '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7')
})

test('isPassword() is true for the password that was hashed, and for no other', async () => {
  const stored = await hashPassword('correct horse', salt, cheapCost)
  assert.equal(await isPassword('correct horse', stored, cheapCost), true)
  assert.equal(await isPassword('correct hors', stored, cheapCost), false)
  assert.equal(await isPassword('', stored, cheapCost), false)
})

test('isPassword() takes the cost from what was stored', async () => {
  const stored = await hashPassword('correct horse', salt, cheapCost)
  assert.equal(await isPassword('correct horse', stored, { ...cheapCost, passes: 3 }), true)
})

test('isPassword() does the same work when there is no user', async () => {
  assert.equal(await isPassword('correct horse', undefined, cheapCost), false)
})

test('the default cost is 19 MiB, two passes, one lane', () => {
  assert.deepEqual(defaultPasswordCost, { memoryKib: 19_456, passes: 2, parallelism: 1 })
})

for (const password of ['', '1234567', 'x'.repeat(257), 'lone \ud800 surrogate']) {
  test(`checkNewPassword() refuses ${JSON.stringify(password.slice(0, 20))}`, () => {
    assert.throws(
      () => checkNewPassword(password),
      (error) => isSteleError(error, 'password_invalid'),
    )
  })
}

test('checkNewPassword() takes 8 to 256 characters', () => {
  for (const password of ['12345678', 'pässwörd 🐎', 'x'.repeat(256)]) checkNewPassword(password)
})
