import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../src/json.ts'
import { readValidJson, scanMembers } from '../src/json-text.ts'

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

const texts: readonly (readonly [text: string, ...found: [number, number, boolean]])[] = [
  ['1', 0, 0, false],
  ['{}', 0, 1, false],
  ['{"a":":","b":{"c":1}}', 3, 2, false],
  ['{"a":1,"a":2}', 2, 1, false],
  ['{"\\u0061":1}', 1, 1, true],
  ['{"a":"\\n","b" : 1}', 2, 1, false],
  ['{"a\\"" : 1}', 1, 1, true],
  ['[[],[[]],{"[{":"[[["}]', 1, 3, false],
]
for (const [text, members, levels, hasEscapedKey] of texts) {
  test(`scanMembers() finds ${members} members, ${levels} levels and ${hasEscapedKey ? 'an' : 'no'} escaped key in ${text}`, () => {
    assert.deepEqual(scanMembers(text), { members, levels, hasEscapedKey })
  })
}
