import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Release } from '../src/packument.ts'
import { soundRelease } from '../src/sound-release.ts'
import { edgesOf, peersOf } from '../src/wanted.ts'

const sound: Release = {
  name: 'p',
  version: '1.0.0',
  dependencies: { a: '1' },
  peerDependencies: { b: '1' },
  peerDependenciesMeta: { b: { optional: true } },
  bundleDependencies: ['c'],
  bin: { p: 'p.js' },
  os: ['linux'],
  cpu: 'x64',
  dist: { tarball: '' },
}

suite('soundRelease()', () => {
  test('gives a sound release back as it is', () => {
    assert.equal(soundRelease(sound), sound)
  })

  const rows: readonly (readonly [field: keyof Release, value: unknown])[] = [
    ['dependencies', 'a'],
    ['dependencies', ['a']],
    ['optionalDependencies', null],
    ['peerDependencies', { b: 1 }],
    ['peerDependenciesMeta', { b: null }],
    ['bundleDependencies', 5],
    ['bundledDependencies', [{}]],
    ['bin', { p: 1 }],
    ['directories', 'bin'],
    ['directories', { bin: 5 }],
    ['engines', 'node >= 0.4'],
    ['engines', null],
    ['deprecated', {}],
    ['deprecated', 5],
    ['hasInstallScript', 'yes'],
    ['scripts', 'install'],
    ['os', [1]],
    ['cpu', {}],
    ['libc', false],
  ]
  for (const [field, value] of rows) {
    test(`leaves "${field}" out when it is ${JSON.stringify(value)}`, () => {
      const { [field]: _, ...rest } = { ...sound, [field]: value }
      assert.deepEqual(soundRelease(Object.assign({ ...sound }, { [field]: value })), rest)
    })
  }

  test('gives what edges and peers can be read from, whatever a registry answers', () => {
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(sound)), fc.jsonValue())
    fc.assert(
      fc.property(fields, (odd) => {
        const release = soundRelease(Object.assign({ ...sound }, odd))
        assert.ok(edgesOf(release).every(({ specifier }) => typeof specifier === 'string'))
        assert.ok(peersOf(release).every(({ range }) => typeof range === 'string'))
      }),
    )
  })
})
