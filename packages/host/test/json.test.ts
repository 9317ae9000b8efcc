import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, type JsonValue } from '@stele/formats/json'
import fc from 'fast-check'
import { canonicalText, readResult } from '../src/v1/json.ts'

test('readResult() gives what JSON.stringify() wrote, whatever the keys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value)
      const read = readResult(text, 127)
      if ('bad' in read) assert.throws(() => canonicalJson(JSON.parse(text)))
      else assert.equal(JSON.stringify(read.value), text)
    }),
  )
})

test('canonicalText() writes what canonicalJson() writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const read = readResult(JSON.stringify(value), 127)
      if (!('bad' in read)) assert.equal(canonicalText(read.value), canonicalJson(read.value))
    }),
  )
})

const read: readonly [text: string, found: JsonValue | RegExp][] = [
  ['{"\\u0001a":1,"\\u0002a":2}', { '\u0001a': 1, '\u0002a': 2 }],
  [
    '{"a\\"":{"b\\\\":[true,false,null,-1.5e-7,""]}}',
    { 'a"': { 'b\\': [true, false, null, -1.5e-7, ''] } },
  ],
  ['{"__proto__":1,"\\n":{}}', JSON.parse('{"__proto__":1,"\\n":{}}')],
  ['"\\ud800"', /lone surrogate/],
  ['[{"\\udc00":1}]', /lone surrogate/],
  ['9007199254740992', /integer 9007199254740992/],
  ['[[[[]]]]', /more than 3 levels/],
]
for (const [text, found] of read) {
  test(`readResult() gives ${String(found instanceof RegExp ? found : JSON.stringify(found))} to ${text}`, () => {
    const result = readResult(text, 3)
    if (found instanceof RegExp) assert.match('bad' in result ? result.bad : '', found)
    else assert.deepEqual(result, { value: found })
  })
}
