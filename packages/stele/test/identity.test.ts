// Keys that sign calls: made once, kept from others, and numbered upwards.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CallBody } from '@stele/entries/bodies'
import { type Executor, noScript, type StateReader } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { applyBody } from '@stele/entries/transition'
import { type ErrorCode, isSteleError } from '@stele/errors'
import type { JsonObject, JsonValue } from '@stele/formats/json'
import { RpcFailure, ScriptError } from '../src/rpc/call-errors.ts'
import { createIdentity, type Identity, loadIdentity } from '../src/rpc/identity.ts'
import { maxClockSkewMs, signedForMs } from '../src/rpc/limits.ts'
import { type SendRequest, signCalls } from '../src/rpc/signing-calls.ts'

const isCode =
  (code: ErrorCode, words = /./) =>
  (error: unknown): boolean =>
    isSteleError(error, code) && words.test(error.message)

async function fileIn(t: TestContext, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stele-identity-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, name)
}

test('createIdentity() makes a file for its owner alone, and loadIdentity() gives the same account', async (t) => {
  const file = await fileIn(t, 'my.key')
  const made = createIdentity(file)
  assert.match(made.account, /^ed25519:[\w-]{43}$/)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(
    [loadIdentity(file).account, loadIdentity(file).keyId],
    [made.account, made.keyId],
  )
  const before = readFileSync(file, 'utf8')
  assert.throws(() => createIdentity(file), isCode('data_invalid', /there is a file/))
  assert.equal(readFileSync(file, 'utf8'), before)
})

const otherKey = (type: 'ed25519' | 'x25519'): string =>
  generateKeyPairSync(type as 'ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
const unusable: readonly (readonly [
  what: string,
  text: string | undefined,
  mode: number,
  reason: RegExp,
])[] = [
  ['is not there', undefined, 0o600, /no such file/],
  ['holds something else', 'secret words', 0o600, /holds no Ed25519 key/],
  ['holds a key of another kind', otherKey('x25519'), 0o600, /holds no Ed25519 key/],
  ['holds something else that others may read', 'a script', 0o644, /holds no Ed25519 key/],
  ['may be read by others', otherKey('ed25519'), 0o644, /chmod 600/],
]
for (const [what, text, mode, reason] of unusable) {
  test(`loadIdentity() throws data_invalid when the file ${what}, and shows nothing of it`, async (t) => {
    const file = await fileIn(t, 'my.key')
    if (text !== undefined) {
      writeFileSync(file, text)
      chmodSync(file, mode)
    }
    assert.throws(
      () => loadIdentity(file),
      (error) => isCode('data_invalid', reason)(error) && !String(error).includes('secret'),
    )
  })
}

const timeMs = 1_800_000_000_000
const origin = 'example.com/log'

/** A service that takes calls as a log does, and what it ran. */
function serviceOf(): {
  readonly send: SendRequest
  readonly ran: readonly JsonValue[]
  readonly requests: readonly { readonly [name: string]: JsonValue }[]
} {
  const rows = new Map<string, Uint8Array>()
  const state: StateReader = {
    get: (object, field) => rows.get(`${object} ${field}`),
    list: () => [],
  }
  const ran: JsonValue[] = []
  const executor: Executor = {
    ...noScript,
    call: ({ args, account }) => {
      ran.push([account, ...JSON.parse(args)])
      return { ok: true, changes: 0, writes: [] }
    },
  }
  const requests: { readonly [name: string]: JsonValue }[] = []
  const send: SendRequest = async (request) => {
    requests.push(request)
    if (request['method'] === 'stele.seq') {
      const [row] = rows.values()
      return { seq: row === undefined ? 0 : JSON.parse(Buffer.from(row).toString()).seq, timeMs }
    }
    const { account, origin: signedFor, seq, ...via } = Object(request['stele'])
    const body = {
      v: 1,
      origin: signedFor,
      account,
      seq,
      method: request['method'],
      args: request['params'],
      via: { type: 'key', ...via },
    } as CallBody
    try {
      const at = { state, executor, timeMs, seed: new Uint8Array(32) }
      const { writes } = applyBody({ kind: entryKinds.call, body }, at)
      for (const { object, field, value } of writes)
        if (value !== null) rows.set(`${object} ${field}`, value)
      return ran.length
    } catch (error) {
      if (!isSteleError(error)) throw error
      throw new RpcFailure({ code: -32_002, reason: error.code, message: error.message })
    }
  }
  return { send, ran, requests }
}

const makeIdentity = async (t: TestContext): Promise<Identity> =>
  createIdentity(await fileIn(t, 'k'))

test('signCalls() signs what the service takes, one call after the other, whatever is sent at once', async (t) => {
  const identity = await makeIdentity(t)
  const { send, ran, requests } = serviceOf()
  const call = await signCalls(send, { identity, origin, nowMs: () => timeMs })
  await Promise.all([1, 2, 3].map((number) => call('add', [number, 'ü', { deep: [null] }])))
  assert.deepEqual(
    ran,
    [1, 2, 3].map((number) => [identity.account, number, 'ü', { deep: [null] }]),
  )
  const signed = requests.slice(1).map(({ stele }) => Object(stele))
  assert.deepEqual(
    signed.map(({ seq, notAfter }) => [seq, notAfter]),
    [1, 2, 3].map((seq) => [seq, timeMs + signedForMs]),
  )
})

test('signCalls() signs what JSON makes of the arguments', async (t) => {
  const identity = await makeIdentity(t)
  const { send, ran } = serviceOf()
  const call = await signCalls(send, { identity, origin, nowMs: () => timeMs })
  const odd: unknown = [undefined, { gone: undefined, kept: 1 }, Number.NaN, -0]
  await call('add', odd as JsonValue[])
  assert.deepEqual(ran, [[identity.account, null, { kept: 1 }, null, 0]])
})

test('signCalls() goes on with the next number when another program has called with the same key', async (t) => {
  const identity = await makeIdentity(t)
  const { send, ran } = serviceOf()
  const [first, second] = [
    await signCalls(send, { identity, origin, nowMs: () => timeMs }),
    await signCalls(send, { identity, origin, nowMs: () => timeMs }),
  ]
  await first('add', [1])
  await first('add', [2])
  await second('add', [3])
  await first('add', [4])
  assert.equal(ran.length, 4)
})

test('signCalls() sends a call once when its script throws an error that is called as a refusal is', async (t) => {
  const identity = await makeIdentity(t)
  const { send, ran } = serviceOf()
  const throwing: SendRequest = async (request) => {
    const answer = await send(request)
    if (request['method'] === 'stele.seq') return answer
    throw new ScriptError({ name: 'call_unauthorized', message: 'call_unauthorized' })
  }
  const call = await signCalls(throwing, { identity, origin, nowMs: () => timeMs })
  await assert.rejects(call('add', [1]), ScriptError)
  assert.equal(ran.length, 1)
})

for (const [aheadMs, words] of [
  [maxClockSkewMs + 1000, /clock is 61 s ahead of the service's/],
  [-maxClockSkewMs - 1000, /clock is 61 s behind the service's/],
] as const) {
  test(`signCalls() throws identity_refused when this machine's clock is off by ${aheadMs} ms`, async (t) => {
    const identity = await makeIdentity(t)
    const signing = signCalls(serviceOf().send, { identity, origin, nowMs: () => timeMs + aheadMs })
    await assert.rejects(signing, isCode('identity_refused', words))
  })
}

const answers: readonly JsonObject[] = [{}, { seq: 'x', timeMs }, { seq: 1 }]
for (const answer of answers) {
  test(`signCalls() throws identity_refused when the service answers ${JSON.stringify(answer)}`, async (t) => {
    const identity = await makeIdentity(t)
    const signing = signCalls(async () => answer, { identity, origin, nowMs: () => timeMs })
    await assert.rejects(signing, isCode('identity_refused', /does not say which number/))
  })
}
