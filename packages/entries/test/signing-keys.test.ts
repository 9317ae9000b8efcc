import assert from 'node:assert/strict'
import { createPrivateKey, sign } from 'node:crypto'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { CallBody } from '../src/body.ts'
import { maxNotAfterMs } from '../src/limits.ts'
import { accountOfKey, callPayload, keyIdOf } from '../src/signing.ts'
import { acceptKey, keysObject, lastSignedSeq } from '../src/signing-keys.ts'

type Via = Extract<CallBody['via'], { type: 'key' }>
type Rows = { readonly [account: string]: { readonly key: Uint8Array; readonly seq: number } }

const timeMs = 1_000_000
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
})
const rawKey = Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url')
const own = accountOfKey(rawKey)
const other = Buffer.alloc(32, 1)

/** A state that binds one key to each of these accounts. */
function stateOf(rows: Rows): Parameters<typeof acceptKey>[2]['state'] {
  return {
    get: (object, field) => {
      const account = Object.keys(rows).find((name) => keysObject(name) === object) ?? ''
      const { key, seq } = rows[account] ?? {}
      if (key === undefined || keyIdOf(key) !== field) return undefined
      return Buffer.from(`{"key":"${Buffer.from(key).toString('base64')}","seq":${seq}}`)
    },
  }
}

function signed(
  part: {
    readonly account?: string | null
    readonly seq?: number
    readonly notAfter?: number
  } = {},
): { readonly body: CallBody; readonly via: Via } {
  const { notAfter = timeMs, ...sender } = part
  const unsigned = { type: 'key', key: keyIdOf(rawKey), notAfter, signature: '' } as const
  const call = {
    v: 1,
    origin: 'o',
    account: own,
    seq: 1,
    method: 'm',
    args: [],
    ...sender,
  } as const
  const signature = sign(null, callPayload({ ...call, via: unsigned }), privateKey)
  const via = { ...unsigned, signature: signature.toString('base64') }
  return { body: { ...call, via }, via }
}

test('acceptKey() gives the row with the new number when the account is the key itself', () => {
  const { body, via } = signed({ seq: 3 })
  const { object, field, value } = acceptKey(body, via, { state: stateOf({}), timeMs })
  assert.deepEqual([object, field], [keysObject(own), via.key])
  const row = `{"key":"${rawKey.toString('base64')}","seq":3}`
  assert.equal(Buffer.from(value ?? []).toString(), row)
})

test('acceptKey() takes a call of a named account when the key is bound to it', () => {
  const { body, via } = signed({ account: 'alice', seq: 8 })
  const state = stateOf({ alice: { key: rawKey, seq: 7 } })
  assert.equal(acceptKey(body, via, { state, timeMs }).object, keysObject('alice'))
})

const bound = { [own]: { key: rawKey, seq: 7 } }
const refusals: readonly (readonly [
  what: string,
  part: Parameters<typeof signed>[0],
  rows: Rows,
  reason: RegExp,
])[] = [
  ['there is no account', { account: null }, {}, /a signed call needs an account/],
  ['a named account has no key', { account: 'alice' }, {}, /is not bound to it/],
  ['the account is another key', { account: accountOfKey(other) }, {}, /is not bound to it/],
  ['the number was signed before', { seq: 7 }, bound, /its seq is 7, the key's last was 7$/],
  ['it comes a moment late', { notAfter: timeMs - 1 }, {}, /its notAfter lies 1 s back/],
  ['it is valid for too long', { notAfter: timeMs + maxNotAfterMs + 1 }, {}, /at most \d+ s/],
]
for (const [what, part, rows, reason] of refusals) {
  test(`acceptKey() throws call_unauthorized when ${what}`, () => {
    const { body, via } = signed(part)
    const accept = (): unknown => acceptKey(body, via, { state: stateOf(rows), timeMs })
    assert.throws(accept, (error) => {
      assert.ok(isSteleError(error, 'call_unauthorized'))
      assert.match(error.details.reason, reason)
      return true
    })
  })
}

test('acceptKey() throws call_unauthorized when something else was signed', () => {
  const { body, via } = signed()
  const changed = { ...body, method: 'n' }
  assert.throws(() => acceptKey(changed, via, { state: stateOf({}), timeMs }), {
    code: 'call_unauthorized',
  })
})

test("lastSignedSeq() gives the last number that the account's own key has signed", () => {
  const state = stateOf(bound)
  assert.equal(lastSignedSeq(state, own), 7)
  assert.equal(lastSignedSeq(state, accountOfKey(other)), 0)
})

test('lastSignedSeq() gives nothing when the account is no key', () => {
  assert.equal(lastSignedSeq(stateOf({ alice: { key: rawKey, seq: 7 } }), 'alice'), undefined)
})
