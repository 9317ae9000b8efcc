import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../src/json.ts'
import { readValidJson, scanJson } from '../src/json-text.ts'

test('parseJson() reads an escaped key as written, whatever was parsed before', () => {
  parseJson('{"a":1,"\\\\":2}', 'the text')
  assert.deepEqual(Object.keys(parseJson('{"a":1,"\\"":2}', 'the text') ?? {}), ['a', '"'])
})

test('readValidJson() gives what was written when JSON.stringify() writes any value, with any indent', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      assert.equal(JSON.stringify(readValidJson(text)), JSON.stringify(value))
    }),
    { numRuns: 300 },
  )
})

test('readValidJson() keeps __proto__ as a key and takes the last of duplicates', () => {
  const value = readValidJson('{"__proto__":1,"a":1,"a":2}')
  assert.deepEqual(Object.entries(value ?? {}), [
    ['__proto__', 1],
    ['a', 2],
  ])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
})

const unlimited = {
  values: Number.POSITIVE_INFINITY,
  levels: Number.POSITIVE_INFINITY,
  steps: Number.POSITIVE_INFINITY,
}
const texts: readonly (readonly [text: string, ...found: [number, number, boolean]])[] = [
  ['1', 0, 0, false],
  ['{}', 0, 1, false],
  ['{"a":":","b":{"c":1}}', 3, 2, false],
  ['{"a":1,"a":2}', 2, 1, false],
  ['{"\\u0061":1}', 1, 1, true],
  ['{"a":"\\n","b" : 1}', 2, 1, false],
  ['{"a\\"" : 1}', 1, 1, true],
  ['{"a\\\\":":", "b": "\\\\\\""}', 2, 1, true],
  ['[[],[[]],{"[{":"[[["}]', 1, 3, false],
  ['{"never closed', 0, 1, false],
]
for (const [text, members, levels, hasEscapedKey] of texts) {
  test(`scanJson() finds ${members} members, ${levels} levels and ${hasEscapedKey ? 'an' : 'no'} escaped key in ${text}`, () => {
    const scan = scanJson(text, unlimited)
    assert.deepEqual(
      [scan.members, scan.levels, scan.hasEscapedKey],
      [members, levels, hasEscapedKey],
    )
  })
}

test('scanJson() never finds fewer values than there are, nor more than twice as many', () => {
  const count = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, member) => sum + count(member), 1)
      : 1
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { values } = scanJson(JSON.stringify(value), unlimited)
      assert.ok(values >= count(value) && values <= 2 * count(value))
    }),
    { numRuns: 300 },
  )
})

const mib = 2 ** 20
const bombs: readonly (readonly [claim: string, text: string, reason: RegExp])[] = [
  ['objects', `[${'{},'.repeat(mib)}{}]`, /more than 1000 values/],
  ['numbers', `[${'1,'.repeat(1_000)}1]`, /more than 1000 values/],
  ['members', `{${'"a":1,'.repeat(1_000)}"b":1}`, /more than 1000 values/],
  ['what breaks off', '{'.repeat(100) + '1,'.repeat(mib), /more than 1000 values/],
  ['levels', '['.repeat(mib), /more than 128 levels/],
  ['spaces', `[${' '.repeat(mib)}]`, /spaces, digits or escapes/],
  ['digits', '1'.repeat(mib), /spaces, digits or escapes/],
  ['escapes', `"${'\\n'.repeat(mib)}"`, /spaces, digits or escapes/],
  ['escaped quotes', `"${'\\"'.repeat(mib)}"`, /spaces, digits or escapes/],
  ['escaped keys', `[{"\\n":1}${',1'.repeat(400)}]`, /with escapes in its keys/],
]
for (const [claim, text, reason] of bombs) {
  test(`parseJson() refuses many ${claim} when values are limited, before it builds anything`, (t) => {
    const parse = t.mock.method(JSON, 'parse')
    assert.throws(() => parseJson(text, 'it', 1_000), reason)
    assert.equal(parse.mock.callCount(), 0)
  })
}

test('parseJson() takes a long string when values are limited', () => {
  const text = JSON.stringify({ data: 'x'.repeat(mib), list: Array.from({ length: 900 }, () => 1) })
  assert.equal(JSON.stringify(parseJson(text, 'it', 1_000)), text)
})
