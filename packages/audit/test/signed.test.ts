// Calls that their callers signed: what not even an operator with all keys of the log can make up.
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { suite, test } from 'node:test'
import {
  accountOfKey,
  type Body,
  type CallBody,
  callPayload,
  formatBody,
  keyIdOf,
} from '@stele/entries/bodies'
import { entryKinds } from '@stele/entries/leaf'
import type { Forgery, LogBuilder } from '@stele/testkit'
import { newLog, origin, serve, verifyFiles } from './sample-log.ts'

type Owner = { readonly privateKey: KeyObject; readonly account: string; readonly key: string }

function newOwner(): Owner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const rawKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return { privateKey, account: accountOfKey(rawKey), key: keyIdOf(rawKey) }
}

const [alice, mallory] = [newOwner(), newOwner()]

/** A call that its owner signed; `more` is what differs from the usual one. */
function signedCall(
  log: LogBuilder,
  seq: number,
  { privateKey, account, key }: Owner = alice,
  more: Partial<CallBody> = {},
): Body {
  const via = { type: 'key', key, notAfter: log.timeMs + 60_000, signature: '' } as const
  const args = [['/', 'note', `number ${seq}`]]
  const unsigned: CallBody = {
    v: 1,
    origin,
    account,
    seq,
    via,
    method: 'put',
    args: [args],
    ...more,
  }
  const signature = sign(null, callPayload(unsigned), privateKey).toString('base64')
  return { kind: entryKinds.call, body: { ...unsigned, via: { ...via, signature } } }
}

/** The findings of a log with two signed calls, the second of them forged. */
async function findingsOf(forgery: (log: LogBuilder) => Forgery): Promise<readonly string[]> {
  const log = newLog()
  log.append(signedCall(log, 3))
  log.append(signedCall(log, 5), forgery(log))
  const { findings } = await verifyFiles(serve(log))
  return findings.map(({ message }) => message)
}

const textOf = ({ body }: Body): string => formatBody(body)
const changed =
  (
    change: (body: { readonly [name: string]: unknown; readonly via: object }) => object,
  ): NonNullable<Forgery['body']> =>
  (text) =>
    formatBody(change(JSON.parse(text)) as CallBody)

const forgeries: readonly (readonly [
  what: string,
  forgery: (log: LogBuilder) => Forgery,
  told: RegExp,
])[] = [
  [
    'another method',
    () => ({ body: changed((body) => ({ ...body, method: 'drop' })) }),
    /signature does not verify/,
  ],
  [
    'another argument',
    () => ({ body: changed((body) => ({ ...body, args: [[['/', 'note', 'x']]] })) }),
    /signature does not verify/,
  ],
  [
    'another number',
    () => ({ body: changed((body) => ({ ...body, seq: 6 })) }),
    /signature does not verify/,
  ],
  [
    'a later end',
    () => ({
      body: changed((body) => ({ ...body, via: { ...body.via, notAfter: 1_800_000_300_000 } })),
    }),
    /signature does not verify/,
  ],
  [
    'another account',
    () => ({ body: changed((body) => ({ ...body, account: mallory.account })) }),
    /not bound to it/,
  ],
  [
    'another account and its key',
    () => ({
      body: changed((body) => ({
        ...body,
        account: mallory.account,
        via: { ...body.via, key: mallory.key },
      })),
    }),
    /signature does not verify/,
  ],
  [
    'a name for an account',
    () => ({ body: changed((body) => ({ ...body, account: 'alice' })) }),
    /not bound to it/,
  ],
  [
    "the server's word instead",
    () => ({ body: changed((body) => ({ ...body, via: { type: 'token' } })) }),
    /its seq is 5, the next/,
  ],
  [
    'no signature',
    () => ({ body: changed((body) => ({ ...body, via: { ...body.via, signature: '' } })) }),
    /not the base64 of 64 bytes/,
  ],
  [
    'the call before once more',
    (log) => ({ body: () => textOf(signedCall(log, 3)) }),
    /its seq is 3, the key's last was 3/,
  ],
  [
    'a call for another log',
    (log) => ({ body: () => textOf(signedCall(log, 5, alice, { origin: 'other.example' })) }),
    /its origin/,
  ],
  [
    'a call that came too late',
    () => ({ leaf: (leaf) => ({ ...leaf, timeMs: leaf.timeMs + 120_000 }) }),
    /its notAfter lies 61 s back/,
  ],
]

suite('replay() and signed calls', () => {
  test('replay() takes calls that their owners signed, with gaps between their numbers', async () => {
    assert.deepEqual(await findingsOf(() => ({})), [])
  })

  for (const [what, forgery, told] of forgeries) {
    test(`replay() finds the entry when an operator writes ${what}`, async () => {
      const findings = await findingsOf(forgery)
      assert.match(findings[0] ?? 'nothing', /entry 2\b/i)
      assert.match(findings.join('\n'), told)
    })
  }

  test('replay() finds one byte changed of a signature, wherever it is', async () => {
    for (const at of [0, 31, 32, 63]) {
      const findings = await findingsOf(() => ({
        body: changed((body) => {
          const bytes = Buffer.from(String(Object(body.via).signature), 'base64')
          bytes[at] = (bytes[at] ?? 0) ^ 1
          return { ...body, via: { ...body.via, signature: bytes.toString('base64') } }
        }),
      }))
      assert.match(findings.join('\n'), /signature does not verify/, `byte ${at}`)
    }
  })
})
