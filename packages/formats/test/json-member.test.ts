// A member found in bytes is the one that JSON.parse() gives.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codePoint, codePointCount } from '../../testkit/src/code-points.ts'
import { memberOf, membersOf } from '../src/json-member.ts'

const anyCharacter = fc.nat(codePointCount - 1).map(codePoint)

test('memberOf() gives the value that JSON.parse() gives, of every object and name', () => {
  const names = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.constantFrom('a', '"', '\\', '__proto__', ''),
  )
  fc.assert(
    fc.property(fc.dictionary(names, fc.jsonValue()), names, (object, other) => {
      const json = Buffer.from(JSON.stringify(object))
      for (const name of [...Object.keys(object), other]) {
        const found = memberOf(json, name)
        const wanted = Object.hasOwn(object, name) ? JSON.stringify(object[name]) : undefined
        assert.equal(found?.toString(), wanted)
      }
    }),
  )
})

test('memberOf() gives nothing of what is no object', () => {
  for (const json of ['[1]', '"a"', '1', ''])
    assert.equal(memberOf(Buffer.from(json), 'a'), undefined)
})

test('membersOf() gives all members in their order', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: anyCharacter }), fc.jsonValue()), (object) => {
      const json = Buffer.from(JSON.stringify(object))
      const found = [...membersOf(json)].map(({ key, value }) => [String(key), String(value)])
      const wanted = Object.entries(object).map((one) => one.map((part) => JSON.stringify(part)))
      assert.deepEqual(found, wanted)
    }),
  )
})
