import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { readForeignLock } from '../src/foreign/read.ts'

/** From where, the name, the specifier, and the version that it was. */
type Row = readonly [from: string, name: string, specifier: string, version: string | undefined]

const npm3 = {
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { a: '^1.0.0' } },
    'packages/x': { name: 'x', version: '1.0.0' },
    'node_modules/x': { resolved: 'packages/x', link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a==' },
    'node_modules/b': { version: '1.0.0' },
    'node_modules/b/node_modules/a': { version: '0.9.0' },
    'packages/x/node_modules/a': { version: '1.1.0' },
    'node_modules/old': { name: '@s/real', version: '3.0.0' },
  },
}
const npm1 = {
  lockfileVersion: 1,
  dependencies: {
    a: { version: '1.0.0' },
    b: { version: '1.0.0', dependencies: { a: { version: '0.9.0' } } },
    old: { version: 'npm:@s/real@3.0.0' },
  },
}
const ofNpm: readonly Row[] = [
  ['.', 'a', '^1.0.0', '1.0.0'],
  ['b@1.0.0', 'a', '^0.9.0', '0.9.0'],
  ['b@1.0.0', 'b', '*', '1.0.0'],
  ['.', 'old', 'npm:@s/real@3', '3.0.0'],
  ['.', 'old', '^3.0.0', undefined],
  ['.', 'never', '*', undefined],
]
const pnpm6 = `lockfileVersion: '6.0'
dependencies:
  a:
    specifier: ^1.0.0
    version: 1.0.0(peer@2.0.0)
  old:
    specifier: npm:@s/real@3
    version: /@s/real@3.0.0
packages:
  /a@1.0.0(peer@2.0.0):
    resolution: {integrity: sha512-a==}
    dependencies:
      b: 1.0.0
  /@s/real@3.0.0:
    resolution: {integrity: sha512-r==}
  /b@1.0.0:
    resolution: {integrity: sha512-b==}
`
const yarn1 = `# yarn lockfile v1


"@s/b@^1.0.0":
  version "1.2.0"
  dependencies:
    a "^1.0.0 || ^2.0.0"

a@^1.0.0, "a@^1.0.0 || ^2.0.0":
  version "1.0.0"
  integrity sha512-a==

"old@npm:a@2":
  version "2.0.0"
`
const bun = `{
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "app", },
    "packages/x": { "name": "@s/x", },
  },
  "packages": {
    "@s/x": ["@s/x@workspace:packages/x"],
    "@s/x/a": ["a@1.1.0", "", {}, "sha512-x=="],
    "a": ["a@1.0.0", "", {}, "sha512-a,]=="],
    "b": ["b@1.0.0", "", { "dependencies": { "a": "0.9.0" } }, "sha512-b=="],
    "b/a": ["a@0.9.0", "", {}, "sha512-o=="],
  }
}
`
const locks: readonly (readonly [
  what: string,
  file: string,
  text: string,
  rows: readonly Row[],
])[] = [
  [
    'npm, version 3',
    'package-lock.json',
    JSON.stringify(npm3),
    [
      ...ofNpm,
      ['packages/x', 'a', '*', '1.1.0'],
      ['packages/x', 'b', '*', '1.0.0'],
      ['.', 'x', '*', undefined],
    ],
  ],
  ['npm, version 1', 'npm-shrinkwrap.json', JSON.stringify(npm1), ofNpm],
  [
    'pnpm, version 6',
    'pnpm-lock.yaml',
    pnpm6,
    [
      ['.', 'a', '^1.0.0', '1.0.0'],
      ['a@1.0.0', 'b', '*', '1.0.0'],
      ['.', 'old', 'npm:@s/real@3', '3.0.0'],
      ['.', 'b', '*', undefined],
    ],
  ],
  [
    'yarn 1',
    'yarn.lock',
    yarn1,
    [
      ['.', '@s/b', '^1.0.0', '1.2.0'],
      ['@s/b@1.2.0', 'a', '^1.0.0 || ^2.0.0', '1.0.0'],
      ['.', 'a', '^1.0.0', '1.0.0'],
      ['.', 'old', 'npm:a@2', '2.0.0'],
      ['.', 'a', '^2.0.0', undefined],
    ],
  ],
  [
    'bun',
    'bun.lock',
    bun,
    [
      ['.', 'a', '*', '1.0.0'],
      ['packages/x', 'a', '*', '1.1.0'],
      ['b@1.0.0', 'a', '0.9.0', '0.9.0'],
      ['packages/x', 'b', '*', '1.0.0'],
      ['.', '@s/x', '*', undefined],
    ],
  ],
]
for (const [what, file, text, rows] of locks) {
  const { pinned } = readForeignLock(file, text)
  for (const [from, name, specifier, version] of rows) {
    test(`readForeignLock() finds ${version ?? 'nothing'} for "${name}": "${specifier}" of ${from} in a lock of ${what}`, () => {
      const edge = { name, specifier, kind: 'dependencies' as const }
      assert.equal(pinned?.(from, edge)?.version, version)
    })
  }
}

test('readForeignLock() gives the hash that a package had', () => {
  const edge = { name: 'a', specifier: '*', kind: 'dependencies' as const }
  const { pinned } = readForeignLock('bun.lock', bun)
  assert.equal(pinned?.('.', edge)?.integrity, 'sha512-a,]==')
})

const faults: readonly (readonly [what: string, file: string, text: string, reason: RegExp])[] = [
  ['a newer version', 'package-lock.json', '{"lockfileVersion":9}', /its version is 9/],
  ['no JSON', 'package-lock.json', '{', /JSON/],
  ['a list', 'bun.lock', '[]', /holds no object/],
  ['aliases without end', 'pnpm-lock.yaml', 'a: &a [x]\nb: [*a, *a]\n', /alias/i],
  ['conflict markers', 'yarn.lock', '<<<<<<< ours\n', /conflict markers/],
]
for (const [what, file, text, reason] of faults) {
  test(`readForeignLock() throws lock_invalid when ${file} has ${what}`, () => {
    assert.throws(
      () => readForeignLock(file, text),
      (error) => isSteleError(error, 'lock_invalid') && reason.test(error.message),
    )
  })
}
