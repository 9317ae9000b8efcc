import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFaults, type Rule, readRules, readSources } from '../words.ts'

const rules: readonly Rule[] = [
  { words: 'apple', in: ['low'], because: 'no fruit' },
  { words: '\\bpear', outside: ['high'], because: 'no pears' },
]
const rows: readonly (readonly [what: string, name: string, text: string, found: number])[] = [
  ['a word stands where it must not', 'low', 'const pineapple = 1', 1],
  ['a word stands in a string', 'low', "const path = '/Apple'", 1],
  ['a word stands in a package that the rule is not about', 'high', 'const apple = 1', 0],
  ['a word stands outside where it may', 'low', 'const pear = 1', 1],
  ['a word stands where it may', 'high', 'const pear = 1', 0],
  ['a word is a part of another one', 'low', 'const spear = 1', 0],
  ['a comment compares', 'low', '// like an apple\n/* or\n a pear */ const fruit = 1 // apple', 0],
  ['an address looks like a comment', 'low', "const url = 'https://apple.example'", 1],
]
for (const [what, name, text, found] of rows) {
  test(`findFaults() finds ${found} when ${what}`, () => {
    assert.equal(findFaults(rules, { package: name, path: 'x.ts', text }).length, found)
  })
}

test('the packages keep to scripts/words.json', () => {
  const own = readRules()
  assert.deepEqual(
    readSources().flatMap((source) => findFaults(own, source)),
    [],
  )
})
