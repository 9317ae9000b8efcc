// What JSON-RPC messages are read as, and who calls.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { callerOf } from '../src/rpc/caller.ts'
import { parseMessage } from '../src/rpc/messages.ts'

const refused = (id: string | number | null, code: number): object => ({ id, code })

const messages: readonly (readonly [text: string, read: object])[] = [
  [
    '{"jsonrpc":"2.0","method":"add","params":[1,2],"id":7}',
    { id: 7, method: 'add', params: [1, 2] },
  ],
  ['{"jsonrpc":"2.0","method":"add","id":"a"}', { id: 'a', method: 'add', params: [] }],
  ['{"jsonrpc":"2.0","method":"add","id":null}', { id: null, method: 'add', params: [] }],
  ['{"jsonrpc":"2.0","method":"tell","params":[]}', { id: undefined, method: 'tell', params: [] }],
  ['{"jsonrpc":"2.0","method":"add","params":{"a":1},"id":7}', refused(7, -32_602)],
  ['{"jsonrpc":"2.0","method":7,"id":7}', refused(7, -32_600)],
  ['{"jsonrpc":"2.0","method":"","id":7}', refused(7, -32_600)],
  ['{"jsonrpc":"2.0","id":7}', refused(7, -32_600)],
  ['{"method":"add","id":7}', refused(7, -32_600)],
  ['{"jsonrpc":"1.0","method":"add","id":7}', refused(7, -32_600)],
  ['{"jsonrpc":"2.0","method":"add","method":"sub","id":7}', refused(null, -32_700)],
  ['{"jsonrpc":"2.0","method":"add"', refused(null, -32_700)],
  ['"add"', refused(null, -32_600)],
  ['null', refused(null, -32_600)],
  ['[]', refused(null, -32_600)],
  ['', refused(null, -32_700)],
  [`${'['.repeat(5_000)}${']'.repeat(5_000)}`, refused(null, -32_700)],
  [`[${'1,'.repeat(60_000)}1]`, refused(null, -32_700)],
]
for (const [text, wanted] of messages) {
  test(`parseMessage() reads ${text.slice(0, 60)} as ${JSON.stringify(wanted)}`, () => {
    const message = parseMessage(text)
    const read = 'refused' in message ? message.refused : message.requests[0]
    assert.ok(read !== undefined)
    assert.deepEqual('error' in read ? { id: read.id, code: read.error.code } : read, wanted)
  })
}

test('parseMessage() reads a batch, each part by itself', () => {
  const message = parseMessage('[{"jsonrpc":"2.0","method":"a","id":1},7]')
  assert.ok('requests' in message)
  assert.equal(message.isBatch, true)
  assert.deepEqual(
    message.requests.map((one) => ('error' in one ? one.error.code : one.method)),
    ['a', -32_600],
  )
})

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

type CallerRow = {
  readonly query?: string
  readonly authorization?: string
  readonly inDebug: string | null
  readonly elsewhere: string | null
}
const callers: readonly CallerRow[] = [
  { inDebug: null, elsewhere: null },
  { query: 'user=alice', inDebug: 'alice', elsewhere: 'debug_only' },
  { query: 'user=', inDebug: null, elsewhere: null },
  { query: 'user=Ådne%20L', inDebug: 'Ådne L', elsewhere: 'debug_only' },
  { query: 'user=stele/roots', inDebug: 'request_invalid', elsewhere: 'debug_only' },
  { query: 'user=ed25519:abc', inDebug: 'request_invalid', elsewhere: 'debug_only' },
  { query: `user=${'x'.repeat(201)}`, inDebug: 'request_invalid', elsewhere: 'debug_only' },
  { authorization: basic('alice:secret'), inDebug: 'alice', elsewhere: 'debug_only' },
  { authorization: basic('alice'), inDebug: 'alice', elsewhere: 'debug_only' },
  { authorization: basic(':secret'), inDebug: null, elsewhere: null },
  { authorization: 'Bearer abc', inDebug: null, elsewhere: null },
]
for (const { query = '', authorization, inDebug, elsewhere } of callers) {
  const ask = {
    query: new URLSearchParams(query),
    headers: authorization === undefined ? {} : { authorization },
  }
  for (const [isDebug, wanted] of [
    [true, inDebug],
    [false, elsewhere],
  ] as const) {
    const what = `${query.slice(0, 30)} ${authorization ?? ''}`.trim()
    test(`callerOf() of "${what}" is ${wanted} ${isDebug ? 'in' : 'out of'} debug mode`, () => {
      assert.equal(
        whoOf(() => callerOf(ask, isDebug).account),
        wanted,
      )
    })
  }
}

function whoOf(read: () => string | null): string | null {
  try {
    return read()
  } catch (error) {
    if (isSteleError(error)) return error.code
    throw error
  }
}
