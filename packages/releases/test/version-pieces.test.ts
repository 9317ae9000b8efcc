// The ready JSON text of a version: what it says, and what a publisher cannot make it say.
import assert from 'node:assert/strict'
import test from 'node:test'
import { isJsonObject, parseTolerantJson } from '@stele/formats/json'
import {
  normalizeServedManifest,
  parseRecord,
  recordDifferences,
  recordOf,
} from '@stele/formats/manifest'
import { makePackage } from '@stele/testkit'
import fc from 'fast-check'
import { readRelease } from '../src/release.ts'
import { recordPieces, reducePieces, versionPieces } from '../src/version-pieces.ts'

const open = '{"dist":{"tarball":"http://h'

function parts(manifest: Record<string, unknown>): { full: unknown; abbreviated: unknown } {
  const release = readRelease(makePackage({ name: 'p', version: '1.0.0', ...manifest }))
  const { full, abbreviated } = versionPieces(release)
  return { full: JSON.parse(`${open}${full}}`), abbreviated: JSON.parse(`${open}${abbreviated}}`) }
}

test('versionPieces() keeps what only the registry says when a package.json claims it', () => {
  const claims = {
    deprecated: 'no',
    dist: { tarball: 'http://evil' },
    maintainers: ['eve'],
    readme: 'x',
    hasInstallScript: true,
    _npmUser: { name: 'eve' },
    _id: 'evil@1.0.0',
    __proto__x: 1,
  }
  const { full, abbreviated } = parts(claims)
  assert.ok(isJsonObject(full) && isJsonObject(abbreviated))
  assert.deepEqual(Object.keys(full), ['dist', 'name', 'version', '_id', '_hasShrinkwrap'])
  assert.deepEqual(Object.keys(abbreviated), ['dist', 'name', 'version', '_hasShrinkwrap'])
  assert.equal(full['_id'], 'p@1.0.0')
})

test('reducePieces() gives the pieces of the record, and nothing that only the tarball tells', () => {
  const manifest = {
    name: '@s/p',
    version: '1.0.0',
    description: 'a secret',
    keywords: ['secret'],
    dependencies: { b: '2', a: '1' },
    optionalDependencies: { c: '3' },
    bin: 'index.js',
    engines: { node: '>=20' },
    scripts: { install: 'true' },
    private2: { dist: 'secret' },
  }
  const files = { 'README.md': 'secret', 'index.js': '' }
  const release = readRelease(makePackage(manifest, files))
  const reduced = reducePieces(versionPieces(release).full, release.sha512)
  const { integrity, sha512 } = release
  const record = parseRecord(release.recordText)
  assert.deepEqual(reduced, recordPieces(record, { integrity, sha512 }))
  assert.ok(!JSON.stringify(reduced).includes('secret'))
  assert.deepEqual(reducePieces(reduced.full, sha512), reduced)
})

test('versionPieces() gives the record back in both forms when a manifest is any JSON', () => {
  const plain = ['a', '@x/y', '^1.0.0', '\u2028', '😀', '}', '']
  // Not as keys: Node 24 reads an escaped key as another one now and then (nodejs/node#63785).
  const text = fc.constantFrom(...plain, '"},"dist":{"tarball":"', '\\', '\n')
  const member = fc.constantFrom(
    'dependencies',
    'optionalDependencies',
    'bin',
    'engines',
    'os',
    'peerDependencies',
    'peerDependenciesMeta',
    'bundleDependencies',
    'scripts',
    'description',
    'keywords',
    'license',
    'x',
  )
  const value = fc.oneof(
    text,
    fc.array(text.filter((item) => plain.includes(item))), // A list's items become commands.
    fc.dictionary(fc.constantFrom(...plain), text),
    fc.integer(),
    fc.constant({ a: { optional: true } }),
  )
  fc.assert(
    fc.property(fc.dictionary(member, value), (members) => {
      const manifest = { name: 'p', version: '1.0.0', ...members }
      const release = readRelease(makePackage(manifest))
      const pieces = versionPieces(release)
      for (const form of [pieces.full, pieces.abbreviated]) {
        const served = parseTolerantJson(`${open}${form},"deprecated":"x"}`, 'a piece')
        assert.ok(isJsonObject(served) && isJsonObject(served['dist']))
        assert.equal(served['dist']['tarball'], 'http://h/p/-/p-1.0.0.tgz')
        assert.deepEqual(
          recordDifferences(recordOf(normalizeServedManifest(served)), release.record),
          [],
        )
      }
      assert.ok(isJsonObject(parseTolerantJson(pieces.summary, 'a summary')))
    }),
    { numRuns: 100 },
  )
})

test('recordPieces() still serves the record when the tarball was taken down', () => {
  const release = readRelease(
    makePackage({ name: 'p', version: '1.0.0', dependencies: { a: '1' } }),
  )
  const { full } = recordPieces(release.record, release)
  assert.deepEqual(JSON.parse(`${open}${full}}`), {
    dist: { tarball: 'http://h/p/-/p-1.0.0.tgz', integrity: release.integrity },
    name: 'p',
    version: '1.0.0',
    dependencies: { a: '1' },
    _id: 'p@1.0.0',
  })
})
