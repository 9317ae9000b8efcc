// Dependency members as npm normalises them: one row one claim.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeDependencies } from '../src/manifest-dependencies.ts'
import type { JsonObject } from '../src/public/json.ts'

const rows: readonly (readonly [claim: string, source: JsonObject, wanted: JsonObject])[] = [
  [
    'keeps maps',
    { dependencies: { a: '^1' }, peerDependencies: { b: '*' } },
    { dependencies: { a: '^1' }, peerDependencies: { b: '*' } },
  ],
  [
    'leaves empty members out',
    { dependencies: {}, optionalDependencies: [], peerDependencies: null, bundleDependencies: [] },
    {},
  ],
  [
    'makes a map of a list',
    { dependencies: ['a@1.0', 'b >=2', 'c', 7, 'd@^1 <3'] },
    { dependencies: { a: '1.0', b: '>=2', c: '', d: '^1 <3' } },
  ],
  [
    'makes a map of a text',
    { optionalDependencies: 'a@1, b@2\nc' },
    { optionalDependencies: { a: '1', b: '2', c: '' } },
  ],
  [
    'drops specifiers that are not texts',
    { dependencies: { a: 1, b: null, c: '1' }, peerDependencies: { a: {} } },
    { dependencies: { c: '1' } },
  ],
  [
    'drops what is neither map nor list',
    { dependencies: 7, peerDependencies: ['a'], devDependencies: true },
    {},
  ],
  [
    'writes git addresses in dependencies as npm does',
    { dependencies: { a: 'u/r' }, devDependencies: { b: 'u/r' } },
    { dependencies: { a: 'github:u/r' }, devDependencies: { b: 'github:u/r' } },
  ],
  [
    'leaves them in optional and peer dependencies, as npm does',
    { optionalDependencies: { a: 'u/r' }, peerDependencies: { b: 'u/r' } },
    { optionalDependencies: { a: 'u/r' }, peerDependencies: { b: 'u/r' } },
  ],
  [
    'keeps an optional name in dependencies',
    { dependencies: { a: '1' }, optionalDependencies: { a: '2' } },
    { dependencies: { a: '1' }, optionalDependencies: { a: '2' } },
  ],
  [
    'reads bundledDependencies',
    { dependencies: { a: '1' }, bundledDependencies: ['a'] },
    { dependencies: { a: '1' }, bundleDependencies: ['a'] },
  ],
  [
    'prefers bundleDependencies',
    { dependencies: { a: '1', b: '1' }, bundleDependencies: ['a'], bundledDependencies: ['b'] },
    { dependencies: { a: '1', b: '1' }, bundleDependencies: ['a'] },
  ],
  [
    'expands true to all dependencies',
    { dependencies: { b: '1', a: '1' }, bundleDependencies: true },
    { dependencies: { b: '1', a: '1' }, bundleDependencies: ['b', 'a'] },
  ],
  [
    'takes false for none',
    { dependencies: { a: '1' }, bundleDependencies: false, bundledDependencies: ['a'] },
    { dependencies: { a: '1' } },
  ],
  [
    'takes the names of a map',
    { dependencies: { a: '1' }, bundleDependencies: { a: '1' } },
    { dependencies: { a: '1' }, bundleDependencies: ['a'] },
  ],
  [
    'makes a bundled name a dependency',
    { bundleDependencies: ['a', '', 7] },
    { dependencies: { a: '*' }, bundleDependencies: ['a'] },
  ],
  [
    'keeps a dependency called __proto__',
    JSON.parse('{"dependencies":{"__proto__":"1"}}'),
    JSON.parse('{"dependencies":{"__proto__":"1"}}'),
  ],
]
for (const [claim, source, wanted] of rows) {
  test(`normalizeDependencies() ${claim}`, () => {
    assert.equal(JSON.stringify(normalizeDependencies(source)), JSON.stringify(wanted))
  })
}
