import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { numberParameter, openAsk, textMember } from '../src/ask.ts'
import { parseTarget } from '../src/target.ts'
import { ask, plainSettings } from './incoming.ts'

function open(url: string, body?: unknown): ReturnType<typeof openAsk> {
  const target = parseTarget(url, { mountPath: '', foldPath: String })
  assert.ok(target)
  return openAsk(ask('PUT', url, { body }), { target, settings: plainSettings, showPath: String })
}

const faults: readonly (readonly [claim: string, body: unknown, code: string])[] = [
  ['no body', undefined, 'request_invalid'],
  ['a list', [], 'request_invalid'],
  ['null', 'null', 'request_invalid'],
  ['half a document', '{"a": 1', 'json_invalid'],
  ['a key twice', '{"a": 1, "a": 2}', 'json_invalid'],
  ['a key twice, once escaped', '{"a": 1, "\\u0061": 2}', 'json_invalid'],
  ['a key twice, deep inside', '{"a": [{"b": {"c": 1, "c": 2}}]}', 'json_invalid'],
  ['a thousand levels', `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'json_invalid'],
  ['a hundred thousand levels', `${'['.repeat(100_000)}`, 'json_invalid'],
  ['what is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'request_invalid'],
  ['NaN', '{"a": NaN}', 'json_invalid'],
  ['a million values', `{"a": [${'{},'.repeat(1_000_000)}1]}`, 'json_invalid'],
]
for (const [claim, body, code] of faults) {
  test(`object() throws ${code} for ${claim}`, async () => {
    const error: unknown = await open('/x', body)
      .object()
      .catch((caught: unknown) => caught)
    assert.ok(isSteleError(error))
    assert.equal(error.code, code)
    assert.match(error.message, /the request body/)
  })
}

test('object() takes as many values as it is told to', async () => {
  const asked = open('/x', `{"a": [${'1,'.repeat(30_000)}1]}`)
  await assert.rejects(asked.object(), { message: /more than 20000 values/ })
  assert.deepEqual(Object.keys(await asked.object({ values: 40_000 })), ['a'])
})

test('object() takes __proto__ for a key as any other', async () => {
  const object = await open('/x', '{"__proto__": {"admin": true}, "constructor": 1}').object()
  assert.deepEqual(Object.keys(object), ['__proto__', 'constructor'])
  assert.equal('admin' in object, false)
  assert.equal('admin' in {}, false)
})

test('textMember() takes null for absent, and nothing else for text', () => {
  assert.equal(textMember({ a: 'x' }, 'a'), 'x')
  assert.equal(textMember({ a: null }, 'a'), undefined)
  assert.equal(textMember({}, 'a'), undefined)
  for (const value of [1, true, [], {}]) {
    assert.throws(
      () => textMember({ a: value }, 'a'),
      (error) => isSteleError(error, 'request_invalid'),
    )
  }
})

test('numberParameter() keeps within bounds, and takes nonsense for absent', () => {
  const range = { least: 1, most: 250, absent: 20 }
  const rows = [
    ['5', 5],
    ['0', 1],
    ['9999', 250],
    ['-1', 20],
    ['x', 20],
    ['1e9', 20],
    ['', 20],
  ] as const
  for (const [text, wanted] of rows) {
    assert.equal(numberParameter(open(`/x?size=${text}`), 'size', range), wanted)
  }
})
