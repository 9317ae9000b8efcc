import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPackages } from '../src/find-packages.ts'
import type { ZipEntry } from '../src/read-zip.ts'

function entries(files: Readonly<Record<string, unknown>>): readonly ZipEntry[] {
  return Object.entries(files).map(([path, content]) => ({
    path,
    mode: 644,
    content: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
  }))
}

const a = { name: 'a', version: '1.0.0' }
const b = { name: '@s/b', version: '2.0.0-SNAPSHOT' }
const shapes: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] =
  [
    ['a package at the root', { 'package.json': a, 'x.js': '' }, ['a@1.0.0 package.json x.js']],
    ['a package in a folder', { 'f/package.json': a, 'f/x.js': '' }, ['a@1.0.0 package.json x.js']],
    [
      'two side by side',
      { LICENSE: '', 'f/package.json': a, 'g/h/package.json': b },
      ['a@1.0.0 package.json', '@s/b@2.0.0-SNAPSHOT package.json'],
    ],
    [
      'a WebJar',
      {
        'META-INF/MANIFEST.MF': '',
        'META-INF/resources/webjars/a/1.0.0/package.json': a,
        'META-INF/resources/webjars/a/1.0.0/lib/x.js': '',
      },
      ['a@1.0.0 package.json lib/x.js'],
    ],
    [
      'what it depends on, which is part of it',
      { 'package.json': a, 'node_modules/b/package.json': b, 'test/package.json': {} },
      ['a@1.0.0 package.json node_modules/b/package.json test/package.json'],
    ],
    [
      'a bundle of map.apps, its package.json first',
      { 'a/x.js': '', 'a/manifest.json': a, 'a/nls/manifest.json': b },
      ['a@1.0.0 package.json x.js manifest.json nls/manifest.json'],
    ],
    [
      'a package that has a manifest.json too',
      { 'manifest.json': b, 'package.json': a },
      ['a@1.0.0 manifest.json package.json'],
    ],
    [
      'a bundle, and a package, whose files begin with a byte order mark',
      {
        'f/manifest.json': `\uFEFF${JSON.stringify(a)}`,
        'longer/package.json': `\uFEFF${JSON.stringify(b)}`,
      },
      ['a@1.0.0 package.json manifest.json', '@s/b@2.0.0-SNAPSHOT package.json'],
    ],
    [
      'a package beside the manifest.json of a page',
      { 'page/manifest.json': { name: 'Page' }, 'f/package.json': a },
      ['a@1.0.0 package.json'],
    ],
  ]

for (const [claim, files, wanted] of shapes) {
  test(`findPackages() finds ${claim}`, () => {
    const found = findPackages(entries(files)).map(
      (one) => `${one.name}@${one.version} ${one.files.map(({ path }) => path).join(' ')}`,
    )
    assert.deepEqual(found, wanted)
  })
}

const bad: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['nothing', { 'x.js': '' }, 'upload_invalid'],
  ['a manifest.json of a page alone', { 'manifest.json': { name: 'Page' } }, 'upload_invalid'],
  ['a bundle with a bad version', { 'manifest.json': { ...a, version: '1' } }, 'version_invalid'],
  ['nothing but dependencies', { 'node_modules/a/package.json': a }, 'upload_invalid'],
  ['a package.json that is none', { 'package.json': '{' }, 'json_invalid'],
  ['a list', { 'package.json': [] }, 'json_invalid'],
  ['no name', { 'package.json': { version: '1.0.0' } }, 'upload_invalid'],
  ['no version', { 'package.json': { name: 'a' } }, 'upload_invalid'],
  ['a name that is none', { 'package.json': { ...a, name: '../a' } }, 'name_invalid'],
  ['a version that is none', { 'package.json': { ...a, version: '1' } }, 'version_invalid'],
  ['the same release twice', { 'f/package.json': a, 'g/manifest.json': a }, 'upload_invalid'],
  [
    'a second package whose record could not be written',
    { 'f/package.json': a, 'g/package.json': { ...b, dependencies: { c: '\ud800' } } },
    'json_not_canonical',
  ],
  [
    'more packages than are taken',
    Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p${at}/package.json`, a])),
    'upload_invalid',
  ],
  [
    'a package.json that would take long to read',
    { 'package.json': { ...a, x: 'x'.repeat(4 * 2 ** 20) } },
    'upload_invalid',
  ],
  [
    'several that would take long together',
    {
      'f/package.json': { ...a, x: 'x'.repeat(2 ** 21) },
      'g/manifest.json': { ...b, x: 'x'.repeat(2 ** 21) },
    },
    'upload_invalid',
  ],
]

for (const [claim, files, code] of bad) {
  test(`findPackages() refuses ${claim}`, () => {
    assert.throws(() => findPackages(entries(files)), { code })
  })
}
