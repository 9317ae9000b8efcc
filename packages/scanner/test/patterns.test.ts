import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMatcher } from '../src/patterns.ts'

/** Pattern, then paths that fit, then paths that do not. */
const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['**', ['', 'a', 'a/b', '@s/a'], []],
  ['**/', ['', 'a', 'a/b'], []],
  ['a', ['a'], ['', 'b', 'a/b', 'b/a', 'ab']],
  ['a/**', ['a', 'a/b', 'a/b/c'], ['', 'ab', 'b/a']],
  ['a/', ['a', 'a/b/c'], ['b']],
  ['**/tests/**', ['tests', 'a/tests', 'a/tests/b', 'tests/x'], ['a/testsx', 'a']],
  ['**/a', ['a', 'x/a', 'x/y/a'], ['a/x', 'xa']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a', 'b', 'a/bx']],
  ['a/**/b/**/c', ['a/b/c', 'a/b/b/c', 'a/x/b/y/c'], ['a/c', 'a/b', 'a/b/c/d']],
  ['*', ['a', '@s'], ['', 'a/b']],
  ['@s/*', ['@s/a'], ['@s', '@t/a', '@s/a/b']],
  ['a*b?', ['abc', 'axxbc'], ['ab', 'abcc']],
  ['a.b+(c)', ['a.b+(c)'], ['axb+(c)']],
  ['a\\b', ['a/b'], ['ab']],
  ['./a', ['a'], ['b']],
]

for (const [pattern, fitting, others] of table) {
  test(`the pattern "${pattern}" takes in what Ant's does`, () => {
    const matches = createMatcher([pattern])
    for (const path of fitting) assert.equal(matches(path), true, path)
    for (const path of others) assert.equal(matches(path), false, path)
  })
}

test('no patterns take in nothing, several whatever one of them does', () => {
  assert.equal(createMatcher([])('a'), false)
  assert.equal(createMatcher(['a', 'b/**'])('b/c'), true)
})

test('a pattern of many folders takes no long time', () => {
  const matches = createMatcher([`${'**/a/'.repeat(50)}b`])
  assert.equal(matches(`${'a/'.repeat(2000)}c`), false)
})
