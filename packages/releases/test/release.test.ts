// A release read out of its tarball, and its pieces.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { isSteleError } from '@stele/errors'
import { makePackage } from '@stele/testkit'
import { readRelease } from '../src/release.ts'

const manifest = {
  name: '@s/p',
  version: '1.0.0',
  bin: './bin/p.js',
  dependencies: { a: '^1.0.0', b: '1' },
  optionalDependencies: { b: '1' },
  scripts: { postinstall: 'x' },
  os: 'linux',
}

test('readRelease() tells all that a publish call needs when the tarball is whole', () => {
  const tarball = makePackage(manifest, { 'bin/p.js': '1', 'readme.md': '# P' })
  const release = readRelease(tarball)
  assert.equal(
    release.recordText,
    '{"bin":{"p":"bin/p.js"},"dependencies":{"a":"^1.0.0"},"hasInstallScript":true,"name":"@s/p",' +
      '"optionalDependencies":{"b":"1"},"os":["linux"],"version":"1.0.0"}',
  )
  assert.equal(release.integrity, `sha512-${hash('sha512', tarball, 'base64')}`)
  assert.equal(release.shasum, hash('sha1', tarball, 'hex'))
  assert.equal(release.contents.size, tarball.length)
  assert.equal(release.contents.sha512, release.sha512)
  assert.deepEqual(release.paths, ['bin/p.js', 'package.json', 'readme.md'])
  assert.deepEqual(release.readme, { path: 'readme.md', text: '# P' })
  assert.equal(release.fileCount, 3)
})

test('readRelease() cuts the readme off when it is long', () => {
  const { readme } = readRelease(makePackage(manifest, { README: '😀'.repeat(40_000) }))
  assert.equal(readme?.text.length, 64 * 1024)
  assert.equal(readme.text.isWellFormed(), true)
})

const refused: readonly [what: string, tarball: Uint8Array, code: string][] = [
  ['it is no tarball', Buffer.from('hello'), 'tarball_invalid'],
  [
    'its package.json is larger than 1 MiB',
    makePackage({ ...manifest, x: 'x'.repeat(1 << 20) }),
    'tarball_too_large',
  ],
  ['its name is invalid', makePackage({ ...manifest, name: '../x' }), 'name_invalid'],
  ['its version is invalid', makePackage({ ...manifest, version: 'one' }), 'version_invalid'],
]
for (const [what, tarball, code] of refused) {
  test(`readRelease() throws ${code} when ${what}`, () => {
    assert.throws(
      () => readRelease(tarball),
      (error) => isSteleError(error) && error.code === code,
    )
  })
}
