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
  [
    'strings look like a comment',
    'low',
    "const any = '*/*'\nconst apple = 1\nconst all = '*/*'",
    1,
  ],
  [
    'a template looks like a comment',
    'low',
    'const all = `tile/*`\nconst apple = 1 /* eaten */',
    1,
  ],
  ['a pattern looks like a comment', 'low', 'const form = /[/*]/\nconst apple = 1 /* eaten */', 1],
  [
    'a comment stands behind a pattern with quotes',
    'low',
    'const form = /[\'"`]/ // no `apple`',
    0,
  ],
  ['a comment stands behind an escaped quote', 'low', "const text = 'it\\'s' // no 'apple'", 0],
  ['a comment stands behind a division', 'low', 'const half = whole / 2 // an apple / 2', 0],
  ['a comment has an apostrophe', 'low', "// it isn't an\n// apple's", 0],
]
for (const [what, name, text, found] of rows) {
  test(`findFaults() finds ${found} when ${what}`, () => {
    assert.equal(findFaults(rules, { package: name, path: 'x.ts', text }).length, found)
  })
}

test('readSources() reads all that packages run, wherever it lies, and no tests', () => {
  const paths = readSources().map(({ path }) => path)
  for (const path of [
    'packages/http/src/face.ts',
    'packages/registry/rules/publish.ts',
    'packages/host/assets/prelude.js',
    'packages/stele/bin/stele.cjs',
  ]) {
    assert.ok(paths.includes(path), path)
  }
  assert.deepEqual(
    paths.filter((path) => path.includes('/test/')),
    [],
  )
})

test('the packages keep to scripts/words.json', () => {
  const own = readRules()
  assert.deepEqual(
    readSources().flatMap((source) => findFaults(own, source)),
    [],
  )
})
