// Accounts that are keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOfKey, keyOfAccount } from '../src/signing.ts'

const rawKey = Buffer.alloc(32, 0xfb)
const account = accountOfKey(rawKey)

test('keyOfAccount() gives the key that accountOfKey() took', () => {
  assert.match(account, /^ed25519:[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(keyOfAccount(account), rawKey)
})

const others: readonly (readonly [what: string, account: string | null])[] = [
  ['nobody', null],
  ['a name', 'alice'],
  ['no key', 'ed25519:'],
  ['too short', account.slice(0, -1)],
  ['too long', `${account}A`],
  ['padded', `${account}=`],
  ['the other alphabet', account.replaceAll('-', '+')],
  ['the same key, written otherwise', account.replace(/s$/, 't')],
  ['another kind', account.replace('ed25519', 'ed448')],
]
for (const [what, other] of others) {
  test(`keyOfAccount() gives nothing for an account that is ${what}`, () => {
    assert.notEqual(other, account)
    assert.equal(keyOfAccount(other), undefined)
  })
}
