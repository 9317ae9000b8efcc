// What is pinned of a packument, and what of it is left out.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { isSteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import {
  abbreviate,
  formatRecord,
  normalizeServedManifest,
  recordOf,
} from '@stele/formats/manifest'
import { parsePackageName } from '@stele/formats/names'
import fc from 'fast-check'
import { readShown } from '../src/public/observed.ts'

const name = parsePackageName('left-pad')
const integrity = `sha512-${'A'.repeat(86)}==`
const shasum = 'a'.repeat(40)
const dist = { tarball: 'https://up.example/left-pad/-/left-pad-1.0.0.tgz', integrity, shasum }

type TestManifest = JsonObject & { readonly version: string }

function manifestOf(version: string, changes: JsonObject = {}): TestManifest {
  return { name, version, dist, ...changes }
}

function packumentOf(...manifests: readonly TestManifest[]): JsonObject {
  const versions = manifests.map((manifest) => [manifest.version, manifest] as const)
  return { name, 'dist-tags': {}, versions: Object.fromEntries(versions) }
}

test('readShown() gives what a chunk says of each release, in the order of the packument', () => {
  const { releases, dropped } = readShown(
    packumentOf(manifestOf('1.1.0'), manifestOf('1.0.0', { os: 'linux' })),
    name,
  )
  const record = '{"name":"left-pad","os":["linux"],"version":"1.0.0"}'
  assert.deepEqual(dropped, [])
  assert.deepEqual(
    releases.map(({ version }) => version),
    ['1.1.0', '1.0.0'],
  )
  const { recordText, recordDigest, ...rest } = releases[1] ?? assert.fail('No second release')
  assert.equal(recordText, record)
  assert.equal(recordDigest, hash('sha256', record))
  assert.equal(rest.integrity, integrity)
  assert.equal(rest.tarball, dist.tarball)
})

const oddVersions: readonly [what: string, version: string, manifest: unknown, reason: RegExp][] = [
  ['is no semantic version', '1.0.0beta', manifestOf('1.0.0beta'), /1\.0\.0-beta/],
  ['has build metadata', '2.0.0+1', manifestOf('2.0.0+1'), /2\.0\.0/],
  ['is called __proto__', '__proto__', manifestOf('__proto__'), /semantic version/],
  ['is not an object', '2.0.0', 'x', /not an object/],
  ['names another package', '2.0.0', manifestOf('2.0.0', { name: 'x' }), /another package/],
  ['names another version', '2.0.0', manifestOf('3.0.0'), /another one/],
  ['has no dist', '2.0.0', { name, version: '2.0.0' }, /dist/],
  ['has no tarball', '2.0.0', manifestOf('2.0.0', { dist: { integrity } }), /tarball/],
  [
    'has no hash',
    '2.0.0',
    manifestOf('2.0.0', { dist: { tarball: 'x' } }),
    /neither a sha512 nor a sha1/,
  ],
  [
    'has two hashes',
    '2.0.0',
    manifestOf('2.0.0', {
      dist: { ...dist, integrity: `${integrity} sha512-${'B'.repeat(86)}==` },
    }),
    /more than one/,
  ],
  [
    'depends on a name with half a character',
    '2.0.0',
    manifestOf('2.0.0', { dependencies: { '\ud800': '1' } }),
    /surrogate/,
  ],
]

for (const [what, version, manifest, reason] of oddVersions) {
  test(`readShown() drops a version that ${what}, and keeps the others`, () => {
    const text = JSON.stringify(packumentOf(manifestOf('1.0.0')))
    const odd = `"${version}":${JSON.stringify(manifest)},`
    const document = JSON.parse(text.replace('"versions":{', `"versions":{${odd}`))
    const { releases, dropped } = readShown(document, name)
    assert.deepEqual(
      releases.map((release) => release.version),
      ['1.0.0'],
    )
    assert.deepEqual(
      dropped.map((one) => one.version),
      [version],
    )
    assert.match(dropped[0]?.reason ?? '', reason)
  })
}

for (const [what, document] of [
  ['a list', []],
  ['a text', 'x'],
  ['null', null],
  ['of another package', { name: 'x', versions: {} }],
  ['without a name', { versions: {} }],
  ['one whose versions are a list', { name, versions: [] }],
] as const) {
  test(`readShown() refuses an answer that is ${what}`, () => {
    assert.throws(
      () => readShown(document, name),
      (error: unknown) => isSteleError(error) && error.code === 'upstream_answer_odd',
    )
  })
}

const names = fc.constantFrom('a', 'b', 'left-pad')
const dependencies = fc.oneof(
  fc.dictionary(names, fc.constantFrom('1', '^2', 'user/repo')),
  fc.constant('a@1 b'),
  fc.constant(null),
)
const manifests = fc.record(
  {
    dependencies,
    optionalDependencies: dependencies,
    peerDependencies: dependencies,
    peerDependenciesMeta: fc.constant({ a: { optional: true } }),
    bundleDependencies: fc.constantFrom(true, false, ['a']),
    bundledDependencies: fc.constant(['b']),
    bin: fc.constantFrom('./cli.js', { x: 'bin/x' }),
    engines: fc.constantFrom({ node: '>=20' }, 'node'),
    os: fc.constantFrom('linux', ['linux', 'darwin']),
    cpu: fc.constant(['x64']),
    libc: fc.constant(['musl']),
    scripts: fc.constantFrom({ install: 'x' }, { postinstall: '' }, { test: 'x' }),
    hasInstallScript: fc.boolean(),
    funding: fc.constant('https://fund.example'),
  },
  { requiredKeys: [] },
)

test('readShown() gives the record of each manifest, whatever came before it, and the same of the abbreviated form', () => {
  fc.assert(
    fc.property(fc.array(manifests, { maxLength: 4 }), (changes) => {
      const own = changes.map((change, at) => manifestOf(`1.0.${at}`, change as JsonObject))
      const shown = readShown(packumentOf(...own), name).releases
      const wanted = own.map((manifest) =>
        formatRecord(recordOf(normalizeServedManifest(manifest))),
      )
      assert.deepEqual(
        shown.map(({ recordText }) => recordText),
        wanted,
      )
      if (own.some((manifest) => Object.hasOwn(manifest, 'bundledDependencies'))) return // No abbreviated form has it.
      const short = readShown(
        packumentOf(
          ...own.map((manifest) => ({ ...abbreviate(manifest), version: manifest.version })),
        ),
        name,
      ).releases
      assert.deepEqual(
        short.map(({ recordDigest }) => recordDigest),
        shown.map(({ recordDigest }) => recordDigest),
      )
    }),
  )
})
