import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  editManifest,
  editSection,
  type ManifestEdit,
} from '../src/client/project/edit-manifest.ts'

const add = (name: string, specifier = '^1.0.0'): ManifestEdit => ({
  member: 'dependencies',
  name,
  specifier,
})
const gone = (name: string): ManifestEdit => ({
  member: 'dependencies',
  name,
  specifier: undefined,
})

// what is special about it, the text, what is changed, the text then
const rows: readonly (readonly [string, string, readonly ManifestEdit[], string])[] = [
  [
    'keeps tabs, lists on one line, and the order of members',
    '{\n\t"files": ["a", "b"],\n\t"dependencies": {\n\t\t"b": "1"\n\t},\n\t"name": "x"\n}\n',
    [add('a')],
    '{\n\t"files": ["a", "b"],\n\t"dependencies": {\n\t\t"a": "^1.0.0",\n\t\t"b": "1"\n\t},\n\t"name": "x"\n}\n',
  ],
  [
    'puts a name where it belongs',
    '{\n  "dependencies": {\n    "a": "1",\n    "c": "1"\n  }\n}',
    [add('b')],
    '{\n  "dependencies": {\n    "a": "1",\n    "b": "^1.0.0",\n    "c": "1"\n  }\n}',
  ],
  [
    'puts it at the end when the others are in no order',
    '{\n  "dependencies": {\n    "c": "1",\n    "a": "1"\n  }\n}',
    [add('b')],
    '{\n  "dependencies": {\n    "c": "1",\n    "a": "1",\n    "b": "^1.0.0"\n  }\n}',
  ],
  [
    'keeps CRLF and a byte order mark',
    '\uFEFF{\r\n    "name": "x"\r\n}\r\n',
    [add('a')],
    '\uFEFF{\r\n    "name": "x",\r\n    "dependencies": {\r\n        "a": "^1.0.0"\r\n    }\r\n}\r\n',
  ],
  [
    'changes a range in its place',
    '{ "dependencies": { "b": "1", "a": "1" } }',
    [add('b', '2')],
    '{ "dependencies": { "b": "2", "a": "1" } }',
  ],
  [
    'takes a dependency away, and the member with the last one',
    '{\n  "dependencies": {\n    "a": "1",\n    "b": "1"\n  },\n  "name": "x"\n}\n',
    [gone('a'), gone('b'), gone('never')],
    '{\n  "name": "x"\n}\n',
  ],
  [
    'stays on one line, without spaces where there are none',
    '{"name":"x","scripts":{}}',
    [add('b'), add('a')],
    '{"name":"x","scripts":{},"dependencies":{"a":"^1.0.0","b":"^1.0.0"}}',
  ],
  [
    'stays on one line, with spaces where there are some',
    '{ "name": "x" }\n',
    [add('b')],
    '{ "name": "x", "dependencies": { "b": "^1.0.0" } }\n',
  ],
  [
    'fills an empty member of one line',
    '{"dependencies":{}}',
    [add('a')],
    '{"dependencies":{"a":"^1.0.0"}}',
  ],
  [
    'leaves an empty object where nothing else was in it',
    '{\n  "dependencies": {\n    "a": "1"\n  }\n}\n',
    [gone('a')],
    '{}\n',
  ],
  ['fills an empty object', '{}', [add('a')], '{\n  "dependencies": {\n    "a": "^1.0.0"\n  }\n}'],
]
for (const [what, text, edits, wanted] of rows) {
  test(`editManifest() ${what}`, async () => {
    assert.equal(await editManifest(text, edits), wanted)
  })
}

test('editSection() stays on one line', async () => {
  assert.equal(
    await editSection('{"name":"x"}', 'scripts', { 'a@1.0.0': false }),
    '{"name":"x","stele":{"scripts":{"a@1.0.0":false}}}',
  )
})
