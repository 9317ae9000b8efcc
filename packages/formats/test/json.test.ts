// Canonical JSON and strict reading.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { codePoint, codePointCount } from '../../testkit/src/code-points.ts'
import {
  canonicalJson,
  parseCanonicalJson,
  parseJson,
  parseTolerantJson,
} from '../src/public/json.ts'

const anyCharacter = fc.nat(codePointCount - 1).map(codePoint)

// RFC 8785, appendix B, and the edges of our own rule for integers.
const numbers: readonly (readonly [number, string])[] = [
  [0, '0'],
  [-0, '0'],
  [5e-324, '5e-324'],
  [-5e-324, '-5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [-1.7976931348623157e308, '-1.7976931348623157e+308'],
  [9007199254740991, '9007199254740991'],
  [-9007199254740991, '-9007199254740991'],
  [1e21, '1e+21'],
  [295147905179352830000, ''],
  [9.999999999999997e22, '9.999999999999997e+22'],
  [1e23, '1e+23'],
  [999999999999999700000, ''],
  [0.000001, '0.000001'],
  [9.999999999999997e-7, '9.999999999999997e-7'],
  [333333333.33333325, '333333333.33333325'],
  [Number('-0.0000033333333333333333'), '-0.0000033333333333333333'],
  [Number('1424953923781206.2'), '1424953923781206.2'],
  [4.5, '4.5'],
  [2e-3, '0.002'],
  [9007199254740992, ''],
  [-9007199254740992, ''],
  [Number.NaN, ''],
  [Number.POSITIVE_INFINITY, ''],
]
for (const [value, text] of numbers) {
  if (text === '') {
    test(`canonicalJson() refuses the number ${value}`, () => {
      assert.throws(() => canonicalJson(value), code('json_not_canonical'))
    })
  } else {
    test(`canonicalJson() writes ${text} for that number`, () => {
      assert.equal(canonicalJson(value), text)
    })
  }
}

const written: readonly (readonly [string, unknown, string])[] = [
  [
    'keys by UTF-16 units',
    { '€': 1, '\r': 2, '\u{1f600}': 3, ﬀ: 4, '1': 5, ö: 6 },
    '{"\\r":2,"1":5,"ö":6,"€":1,"\u{1f600}":3,"ﬀ":4}',
  ],
  ['number-like keys as text', { 10: 1, 9: 2 }, '{"10":1,"9":2}'],
  ['a key __proto__', JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
  ['the short escapes', '\b\t\n\f\r"\\/\u007f\u0001', '"\\b\\t\\n\\f\\r\\"\\\\/\u007f\\u0001"'],
  ['nested lists', [[], {}, [null, true, false]], '[[],{},[null,true,false]]'],
  [
    'objects without prototype',
    Object.assign(Object.create(null), { b: 1, a: 2 }),
    '{"a":2,"b":1}',
  ],
]
for (const [what, value, text] of written) {
  test(`canonicalJson() writes ${what}`, () => assert.equal(canonicalJson(value), text))
}

const refused: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['an undefined member', { a: undefined }],
  ['a hole in a list', Array(1)],
  ['a lone surrogate', '\ud800'],
  ['a lone surrogate in a key', { '\udc00': 1 }],
  ['a bigint', 1n],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['bytes', new Uint8Array(1)],
  ['129 levels', nested(129)],
]
for (const [what, value] of refused) {
  test(`canonicalJson() refuses ${what}`, () => {
    assert.throws(() => canonicalJson(value), code('json_not_canonical'))
  })
}

test('canonicalJson() refuses a cycle', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  assert.throws(() => canonicalJson(cycle), code('json_not_canonical'))
})

test('canonicalJson() and parseJson() take 128 levels', () => {
  const text = canonicalJson(nested(128))
  assert.deepEqual(parseJson(text, 'it'), nested(128))
})

const badTexts: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a trailing comma', '[1,]'],
  ['a duplicate key', '{"a":1,"a":2}'],
  ['a duplicate key, written with an escape', '{"a":1,"\\u0061":2}'],
  ['a duplicate key deep inside', '[{"x":[{"b":":","b":"\\\\"}]}]'],
  ['a duplicate __proto__', '{"__proto__":1,"__proto__":2}'],
  ['a byte order mark', '\ufeff{}'],
  ['129 levels', '['.repeat(129) + ']'.repeat(129)],
  ['a million levels', '['.repeat(1e6) + ']'.repeat(1e6)],
  ['a million levels under an escaped key', `{"\\u0061":${'['.repeat(1e6)}${']'.repeat(1e6)}}`],
]
for (const [what, text] of badTexts) {
  test(`parseJson() refuses ${what}`, () => {
    assert.throws(() => parseJson(text, 'it'), code('json_invalid'))
  })
}

test('parseJson() keeps __proto__ a key and leaves the prototype alone', () => {
  const value = parseJson('{"__proto__":{"polluted":true}}', 'it')
  assert.deepEqual(Object.keys(value as object), ['__proto__'])
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
})

test('parseTolerantJson() refuses 129 levels, also under an escaped key, and takes 128', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
  assert.doesNotThrow(() => parseTolerantJson(nested(128), 'it'))
  assert.doesNotThrow(() => parseTolerantJson(`{"\\u0061":${nested(127)}}`, 'it'))
  for (const text of [nested(129), `{"\\u0061":${nested(128)}}`, `{"\\n":${nested(1e6)}}`]) {
    assert.throws(() => parseTolerantJson(text, 'it'), code('json_invalid'))
  }
})

test('parseTolerantJson() takes the last of duplicate keys', () => {
  assert.deepEqual(parseTolerantJson('{"a":1,"a":2}', 'it'), { a: 2 })
})

for (const text of [
  '{"a": 1}',
  '{"b":1,"a":2}',
  '-0',
  '1.0',
  '1e2',
  '"\\u0061"',
  '9007199254740993',
  '{"a":1,"a":1}',
  '"\\ud800"',
  ' 1',
]) {
  test(`parseCanonicalJson() refuses ${text}`, () => {
    assert.throws(() => parseCanonicalJson(text, 'it'), code('json_not_canonical'))
  })
}

test('parseCanonicalJson() gives back what canonicalJson() wrote', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: anyCharacter, maxDepth: 6 }), (value) => {
      const text = tryCanonical(value)
      if (text === undefined) return
      const parsed = parseCanonicalJson(text, 'it')
      assert.equal(canonicalJson(parsed), text)
      assert.deepEqual(parseJson(JSON.stringify(value), 'it'), parseJson(text, 'it'))
    }),
  )
})

test('canonicalJson() does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse())
      assert.equal(canonicalJson(object), canonicalJson(reversed))
    }),
  )
})

test('parseJson() throws nothing but json_invalid for any text', () => {
  const text = fc.array(fc.constantFrom('{', '}', '[', ']', '"a"', ':', ',', '1', '"\\', '"', ' '))
  fc.assert(
    fc.property(text, (parts) => {
      try {
        parseJson(parts.join(''), 'it')
      } catch (error) {
        assert.ok(isSteleError(error, 'json_invalid'))
      }
    }),
    { numRuns: 500 },
  )
})

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

function tryCanonical(value: unknown): string | undefined {
  try {
    return canonicalJson(value)
  } catch (error) {
    assert.ok(isSteleError(error, 'json_not_canonical'))
    return undefined
  }
}

function code(wanted: 'json_invalid' | 'json_not_canonical'): (error: unknown) => boolean {
  return (error) => isSteleError(error, wanted)
}
