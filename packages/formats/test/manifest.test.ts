// Manifests as npm makes them on publish: one row one claim.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import type { JsonObject } from '../src/public/json.ts'
import {
  normalizeManifest,
  normalizeServedManifest,
  parsePackageJson,
} from '../src/public/manifest.ts'

const id = { name: 'p', version: '1.0.0' }

type Row = readonly [
  claim: string,
  source: JsonObject,
  files: readonly string[],
  wanted: JsonObject,
]
const rows: readonly Row[] = [
  ['trims the name', { name: ' p ' }, [], {}],
  ['cleans the version', { version: ' =v1.0.0+x ' }, [], {}],
  ['drops members that begin with _', { _id: 'x', _rev: 1, __proto: 2 }, [], {}],
  [
    'keeps members that it does not know',
    { exports: { '.': './a.js' }, type: 'module' },
    [],
    { exports: { '.': './a.js' }, type: 'module' },
  ],
  ['names a bin of one text after the package', { bin: './cli.js' }, [], { bin: { p: 'cli.js' } }],
  [
    'names it without the scope',
    { name: '@s/p', bin: 'cli.js' },
    [],
    { name: '@s/p', bin: { p: 'cli.js' } },
  ],
  [
    'takes a bin list by its base names',
    { bin: ['./bin/a', 'b', 7] },
    [],
    { bin: { a: 'bin/a', b: 'b' } },
  ],
  [
    'keeps bins inside the package',
    { bin: { x: '../../../etc/passwd', '../y': './y' } },
    [],
    { bin: { x: 'etc/passwd', y: 'y' } },
  ],
  ['drops bins that are not texts', { bin: { x: 7, y: null, z: '' } }, [], {}],
  ['drops a bin that is a number', { bin: 7 }, [], {}],
  [
    'expands directories.bin',
    { directories: { bin: './bin' } },
    ['bin/a.js', 'bin/b', 'lib/c', 'bin/.hidden', 'binary'],
    { directories: { bin: './bin' }, bin: { 'a.js': 'bin/a.js', b: 'bin/b' } },
  ],
  [
    'expands it through folders, which npm lists too',
    { directories: { bin: 'bin/' } },
    ['bin/sub/x'],
    { directories: { bin: 'bin/' }, bin: { sub: 'bin/sub', x: 'bin/sub/x' } },
  ],
  [
    'expands a directories.bin that climbs out inside the package',
    { directories: { bin: '../../bin' } },
    ['bin/a'],
    { directories: { bin: '../../bin' }, bin: { a: 'bin/a' } },
  ],
  [
    'prefers bin to directories.bin',
    { bin: 'x', directories: { bin: 'bin' } },
    ['bin/a'],
    { bin: { p: 'x' }, directories: { bin: 'bin' } },
  ],
  [
    'passes over a directories.bin that is no text',
    { directories: { bin: 7 } },
    ['bin/a'],
    { directories: { bin: 7 } },
  ],
  [
    'drops scripts that are not texts',
    { scripts: { test: 'x', bad: 7 } },
    [],
    { scripts: { test: 'x' } },
  ],
  ['drops scripts that are no map', { scripts: 'x' }, [], {}],
  [
    'sees a preinstall script',
    { scripts: { preinstall: 'x' } },
    [],
    { scripts: { preinstall: 'x' }, hasInstallScript: true },
  ],
  [
    'sees an install script',
    { scripts: { install: 'x' } },
    [],
    { scripts: { install: 'x' }, hasInstallScript: true },
  ],
  [
    'sees a postinstall script',
    { scripts: { postinstall: 'x' } },
    [],
    { scripts: { postinstall: 'x' }, hasInstallScript: true },
  ],
  ['sees none in an empty script', { scripts: { install: '' } }, [], { scripts: { install: '' } }],
  ['sees none in prepare', { scripts: { prepare: 'x' } }, [], { scripts: { prepare: 'x' } }],
  ['does not take the word of the package for it', { hasInstallScript: true }, [], {}],
  [
    'nor for its absence',
    { hasInstallScript: false, scripts: { install: 'x' } },
    [],
    { scripts: { install: 'x' }, hasInstallScript: true },
  ],
  [
    'builds a binding.gyp',
    {},
    ['binding.gyp'],
    { scripts: { install: 'node-gyp rebuild' }, hasInstallScript: true },
  ],
  [
    'builds it beside a postinstall script',
    { scripts: { postinstall: 'x' } },
    ['binding.gyp'],
    { scripts: { postinstall: 'x', install: 'node-gyp rebuild' }, hasInstallScript: true },
  ],
  [
    'leaves a binding.gyp to an install script',
    { scripts: { install: 'x' } },
    ['binding.gyp'],
    { scripts: { install: 'x' }, hasInstallScript: true },
  ],
  [
    'leaves it to a preinstall script',
    { scripts: { preinstall: 'x' } },
    ['binding.gyp'],
    { scripts: { preinstall: 'x' }, hasInstallScript: true },
  ],
  [
    'leaves it alone where gypfile is false',
    { gypfile: false },
    ['binding.gyp'],
    { gypfile: false },
  ],
  ['builds no gyp file in a folder', {}, ['src/binding.gyp'], {}],
]
for (const [claim, source, files, wanted] of rows) {
  test(`normalizeManifest() ${claim}`, () => {
    const manifest = normalizeManifest({ ...id, ...source }, files)
    assert.deepEqual(manifest, { ...id, ...wanted })
    assert.deepEqual(normalizeManifest(manifest, files), manifest, 'again changes nothing')
  })
}

type BadRow = readonly [string, JsonObject, 'name_invalid' | 'version_invalid' | 'manifest_invalid']
const bad: readonly BadRow[] = [
  ['no name', { version: '1.0.0' }, 'manifest_invalid'],
  ['no version', { name: 'p' }, 'manifest_invalid'],
  ['a number for a version', { name: 'p', version: 1 }, 'manifest_invalid'],
  ['an illegal name', { ...id, name: '../p' }, 'name_invalid'],
  ['an illegal version', { ...id, version: 'latest' }, 'version_invalid'],
]
for (const [what, source, code] of bad) {
  test(`normalizeManifest() refuses ${what}`, () => {
    assert.throws(
      () => normalizeManifest(source, []),
      (error) => isSteleError(error, code),
    )
  })
}

test('normalizeManifest() refuses a directories.bin of more than 10,000 commands', () => {
  const files = Array.from({ length: 10_001 }, (_, index) => `bin/${index}`)
  const expand = (): unknown => normalizeManifest({ ...id, directories: { bin: 'bin' } }, files)
  assert.throws(expand, (error) => isSteleError(error, 'manifest_invalid'))
})

test('normalizeManifest() passes over commands 33 folders deep', () => {
  const deep = `bin/${'d/'.repeat(32)}x`
  const { bin } = normalizeManifest({ ...id, directories: { bin: 'bin' } }, [deep, 'bin/y'])
  assert.deepEqual(bin, { y: 'bin/y' })
})

test('parsePackageJson() refuses more than 4 MiB', () => {
  const bytes = Buffer.from(`{}${' '.repeat(4 * 2 ** 20)}`)
  assert.throws(
    () => parsePackageJson(bytes, 'it'),
    (error) => isSteleError(error, 'json_invalid'),
  )
})

test('normalizeManifest() leaves what it is given as it was', () => {
  const source = { ...id, bin: { '../a': './a' }, dependencies: ['x@1'], scripts: { a: 7 } }
  const before = structuredClone(source)
  normalizeManifest(source, ['binding.gyp'])
  assert.deepEqual(source, before)
})

test('normalizeServedManifest() keeps the hasInstallScript of an abbreviated manifest', () => {
  assert.equal(normalizeServedManifest({ ...id, hasInstallScript: true }).hasInstallScript, true)
  assert.equal(normalizeServedManifest(id).hasInstallScript, undefined)
})

test('normalizeManifest() throws nothing but its codes, and is stable, for any members', () => {
  const members = [
    'bin',
    'scripts',
    'directories',
    'dependencies',
    'optionalDependencies',
    'peerDependencies',
    'bundleDependencies',
    'bundledDependencies',
    'peerDependenciesMeta',
    'author',
    'keywords',
    'bugs',
    'engines',
    '__proto__',
  ]
  const source = fc.dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 2 }))
  fc.assert(
    fc.property(source, (value) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- jsonValue() gives JSON.
      const manifest = normalizeManifest({ ...(value as JsonObject), ...id }, ['bin/x', 'a.gyp'])
      assert.deepEqual(normalizeManifest(manifest, ['bin/x', 'a.gyp']), manifest)
    }),
    { numRuns: 400 },
  )
})

test('parsePackageJson() drops a byte order mark and takes the last of duplicate keys', () => {
  assert.deepEqual(parsePackageJson(Buffer.from('\ufeff{"a":1,"a":2}'), 'it'), { a: 2 })
})
for (const text of ['', '[]', 'null', '"x"', '{']) {
  test(`parsePackageJson() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parsePackageJson(Buffer.from(text), 'it'),
      (error) => isSteleError(error, 'json_invalid'),
    )
  })
}
