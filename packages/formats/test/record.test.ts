// Release records: vectors, what goes in, what stays out, and what a reader refuses.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { canonicalJson, type JsonObject } from '../src/public/json.ts'
import {
  checkRecord,
  formatRecord,
  normalizeManifest,
  normalizeServedManifest,
  parsePackageJson,
  parseRecord,
  recordDifferences,
  recordOf,
} from '../src/public/manifest.ts'

const vectorsUrl = new URL('../../../spec/vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')).release
const id = { name: 'p', version: '1.0.0' }

test('formatRecord() writes the record of the vectors', () => {
  const packageJson = parsePackageJson(Buffer.from(vectors.manifest), 'the vector')
  assert.equal(formatRecord(recordOf(normalizeManifest(packageJson, []))), vectors.record)
})

const rows: readonly (readonly [claim: string, source: JsonObject, wanted: JsonObject])[] = [
  [
    'holds nothing else than it must',
    {
      ...id,
      deprecated: 'x',
      dist: {},
      funding: 'x',
      maintainers: [],
      devDependencies: { a: '1' },
      license: 'MIT',
      _id: 'x',
      gitHead: 'x',
      scripts: { test: 'x' },
    },
    {},
  ],
  [
    'leaves empty members out',
    {
      dependencies: {},
      bin: {},
      engines: {},
      os: [],
      cpu: '',
      libc: null,
      peerDependenciesMeta: {},
      bundleDependencies: [],
    },
    {},
  ],
  [
    'does not repeat an optional name in dependencies',
    { dependencies: { a: '1', b: '1' }, optionalDependencies: { a: '2' } },
    { dependencies: { b: '1' }, optionalDependencies: { a: '2' } },
  ],
  [
    'leaves dependencies out when all are optional',
    { dependencies: { a: '1' }, optionalDependencies: { a: '1' } },
    { optionalDependencies: { a: '1' } },
  ],
  [
    'keeps of peerDependenciesMeta what is optional',
    {
      peerDependenciesMeta: {
        a: { optional: true, x: 1 },
        b: { optional: false },
        c: 7,
        d: { optional: 'true' },
      },
    },
    { peerDependenciesMeta: { a: { optional: true } } },
  ],
  [
    'sorts bundleDependencies',
    { dependencies: { b: '1', a: '1' }, bundleDependencies: true },
    { dependencies: { a: '1', b: '1' }, bundleDependencies: ['a', 'b'] },
  ],
  [
    'counts a bundled name as a dependency',
    { bundledDependencies: ['z'] },
    { dependencies: { z: '*' }, bundleDependencies: ['z'] },
  ],
  ['expands bin', { bin: './bin/p.js' }, { bin: { p: 'bin/p.js' } }],
  [
    'keeps engines as published',
    { engines: { node: '>=4', npm: '*' } },
    { engines: { node: '>=4', npm: '*' } },
  ],
  ['keeps engines of old, a list', { engines: ['node >= 0.4'] }, { engines: ['node >= 0.4'] }],
  [
    'makes lists of texts',
    { engines: 'node', os: 'linux', cpu: '!arm', libc: 'musl' },
    { engines: ['node'], os: ['linux'], cpu: ['!arm'], libc: ['musl'] },
  ],
  [
    'keeps lists in their order',
    { os: ['win32', 'linux'], cpu: ['x64', 'arm64'] },
    { os: ['win32', 'linux'], cpu: ['x64', 'arm64'] },
  ],
  ['leaves numbers and booleans out', { engines: 7, os: true, cpu: false }, {}],
  [
    'says whether there is an install script',
    { scripts: { postinstall: 'x' } },
    { hasInstallScript: true },
  ],
]
for (const [claim, source, wanted] of rows) {
  test(`recordOf() ${claim}`, () => {
    const record = recordOf(normalizeManifest({ ...source, ...id }, []))
    assert.deepEqual(record, { ...id, ...wanted })
    assert.deepEqual(parseRecord(formatRecord(record)), record)
  })
}

test('recordOf() gives the same for the package.json and for what npm sends and serves of it', () => {
  const packageJson = {
    ...id,
    bin: './cli.js',
    dependencies: { a: 'u/r', b: '1' },
    optionalDependencies: { b: '1' },
    bundledDependencies: ['a'],
    os: 'linux',
    version: 'v1.0.0',
  }
  const files = ['binding.gyp']
  const sent = {
    ...id,
    _id: 'p@1.0.0',
    bin: { p: 'cli.js' },
    dependencies: { a: 'github:u/r', b: '1' },
    optionalDependencies: { b: '1' },
    bundleDependencies: ['a'],
    os: 'linux',
    scripts: { install: 'node-gyp rebuild' },
    gypfile: true,
  }
  const {
    scripts: _scripts,
    gypfile: _gypfile,
    ...served
  } = { ...sent, os: ['linux'], hasInstallScript: true }
  const record = recordOf(normalizeManifest(packageJson, files))
  assert.deepEqual(recordOf(normalizeManifest(sent, files)), record)
  assert.deepEqual(recordOf(normalizeServedManifest(served)), record)
})

test('parseRecord() gives back what formatRecord() wrote, whatever the manifest', () => {
  const members = [
    'bin',
    'scripts',
    'dependencies',
    'optionalDependencies',
    'peerDependencies',
    'peerDependenciesMeta',
    'bundleDependencies',
    'engines',
    'os',
    'cpu',
    'libc',
  ]
  const map = fc.dictionary(
    fc.constantFrom('a', 'b', '__proto__', 'c'),
    fc.constantFrom<unknown>('1', 'u/r', true, { optional: true }, 7),
  )
  const value = fc.oneof(
    map,
    fc.array(fc.constantFrom('a', 'b')),
    fc.constantFrom(true, 'x', 7, null),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...members), value), (source) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Made of JSON above.
      const record = recordOf(normalizeManifest({ ...(source as JsonObject), ...id }, []))
      const text = formatRecord(record)
      assert.equal(formatRecord(parseRecord(text)), text)
    }),
    { numRuns: 400 },
  )
})

const bad: readonly (readonly [string, unknown])[] = [
  ['a list', []],
  ['no name', { version: '1.0.0' }],
  ['no version', { name: 'p' }],
  ['an illegal name', { ...id, name: '../p' }],
  ['an unclean version', { ...id, version: 'v1.0.0' }],
  ['a member that is unknown', { ...id, license: 'MIT' }],
  ['a member called constructor', { ...id, constructor: {} }],
  ['an empty member', { ...id, dependencies: {} }],
  ['a null member', { ...id, engines: null }],
  ['a specifier that is no text', { ...id, dependencies: { a: 1 } }],
  ['a dependency list', { ...id, dependencies: ['a'] }],
  ['a peer that is not optional', { ...id, peerDependenciesMeta: { a: { optional: false } } }],
  ['a bundle list that is not sorted', { ...id, bundleDependencies: ['b', 'a'] }],
  ['a bundle list of numbers', { ...id, bundleDependencies: [1] }],
  ['a text for os', { ...id, os: 'linux' }],
  ['hasInstallScript false', { ...id, hasInstallScript: false }],
  [
    'an optional name repeated',
    { ...id, dependencies: { a: '1' }, optionalDependencies: { a: '1' } },
  ],
]
for (const [what, value] of bad) {
  test(`parseRecord() refuses ${what}`, () => {
    assert.throws(
      () => parseRecord(canonicalJson(value)),
      (error) => isSteleError(error),
    )
  })
}

test('parseRecord() refuses a text that is not canonical', () => {
  const text = '{"version":"1.0.0","name":"p"}'
  assert.throws(
    () => parseRecord(text),
    (error) => isSteleError(error, 'json_not_canonical'),
  )
})

test('formatRecord() refuses a record that cannot be written', () => {
  const record = recordOf(normalizeManifest({ ...id, engines: { node: '\ud800' } }, []))
  assert.throws(
    () => formatRecord(record),
    (error) => isSteleError(error, 'json_not_canonical'),
  )
})

test('recordDifferences() names the members that differ', () => {
  const a = checkRecord({
    ...id,
    dependencies: { a: '1', b: '2' },
    os: ['linux'],
    hasInstallScript: true,
  })
  const b = checkRecord({
    ...id,
    version: '1.0.1',
    dependencies: { b: '2', a: '1' },
    os: ['win32'],
    bin: { p: 'x' },
  })
  assert.deepEqual(recordDifferences(a, a), [])
  assert.deepEqual(recordDifferences(a, b), ['bin', 'hasInstallScript', 'os', 'version'])
})
