import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeIn, problemIn } from '../src/client/project/json-places.ts'

const broken: readonly (readonly [text: string, line: number, column: number, reason: RegExp])[] = [
  ['{\n  "a": "1",\n}', 3, 1, /^remove the comma before "}"/],
  ['{\n  "a": ["1", ]\n}', 2, 14, /^remove the comma before "]", in: "a": \["1", \]$/],
  ['{\n  "a": "1"\n  "b": "2"\n}', 3, 3, /^a comma is missing, in: "b": "2"$/],
  ['{ // why\n}', 1, 3, /^JSON has no comments/],
  ["{ 'a': 1 }", 1, 3, /^texts stand in double quotes/],
  ['{ "a": 1', 1, 9, /^the file ends too early/],
  ['{', 1, 2, /^the file ends too early, in: {$/],
  ['{\n  "a":\n', 2, 7, /^the file ends too early, in: "a":$/],
  ['{ "a": [\n', 1, 9, /^the file ends too early/],
  ['{ "a"', 1, 6, /^the file ends too early/],
  ['{ "a": "b', 1, 10, /^the file ends too early/],
  ['{}}', 1, 3, /^"}" is not expected here/],
  ['', 1, 1, /^the file ends too early/],
  [
    '{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> x\n}',
    2,
    1,
    /^a merge left both sides here: choose.*, in: <<<<<<< HEAD$/,
  ],
  ['{ "a": banana }', 1, 8, /^"b" is not expected here/],
]
for (const [text, line, column, reason] of broken) {
  test(`problemIn() finds what is wrong with ${JSON.stringify(text)}`, () => {
    const problem = problemIn(text)
    assert.match(problem?.reason ?? '', reason)
    assert.deepEqual([problem?.line, problem?.column], [line, column])
  })
}

test('problemIn() has nothing to say of JSON', () => {
  assert.equal(problemIn('{ "a": [1, null, "x"] }'), undefined)
})

test('placeIn() says where a value stands', () => {
  const text =
    '{\n  "name": "x",\n  "dependencies": {\n    "a": "^1",\n    "b": "nonsense!"\n  }\n}'
  assert.deepEqual(placeIn(text, ['dependencies', 'b']), { line: 5, column: 10 })
  assert.equal(placeIn(text, ['dependencies', 'c']), undefined)
  assert.equal(placeIn(text, ['name', 'x']), undefined)
})
