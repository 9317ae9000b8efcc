// Versions and dist-tags, one row one claim.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import semver from 'semver'
import { cleanVersion, parseTag, parseVersion } from '../src/public/names.ts'

for (const version of [
  '0.0.0',
  '1.2.3',
  '1.2.3-beta.1',
  '1.0.0--',
  '1.0.0-0a',
  '9007199254740991.0.0',
]) {
  test(`parseVersion() takes ${version}`, () => assert.equal(parseVersion(version), version))
}

const unclean = [
  '',
  '1',
  '1.2',
  'v1.2.3',
  '=1.2.3',
  ' 1.2.3',
  '1.2.3 ',
  '01.2.3',
  '1.2.3-01',
  '1.2.3+build',
  '1.2.3beta',
  '1.2.x',
  '*',
  'latest',
  '__proto__',
  '9007199254740992.0.0',
  `1.0.0-${'a'.repeat(300)}`,
  '1.0.0\n',
  '../1.0.0',
]
for (const version of unclean) {
  test(`parseVersion() refuses ${JSON.stringify(version.slice(0, 30))}`, () => {
    assert.throws(
      () => parseVersion(version),
      (error) => isSteleError(error, 'version_invalid'),
    )
  })
}

test('parseVersion() names the clean form', () => {
  assert.throws(() => parseVersion('v1.2.3'), /written cleanly it is 1\.2\.3/)
})

const cleaned: readonly (readonly [string, string])[] = [
  ['1.2.3', '1.2.3'],
  [' v1.2.3 ', '1.2.3'],
  ['=1.2.3', '1.2.3'],
  ['1.2.3+build.5', '1.2.3'],
  ['1.2.3beta1', '1.2.3-beta1'],
  ['1.02.3', '1.2.3'],
]
for (const [text, version] of cleaned) {
  test(`cleanVersion() makes ${version} of ${JSON.stringify(text)}`, () => {
    assert.equal(cleanVersion(text), version)
  })
}
for (const text of ['', 'latest', '1.2', 'x'.repeat(1000)]) {
  test(`cleanVersion() refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(
      () => cleanVersion(text),
      (error) => isSteleError(error, 'version_invalid'),
    )
  })
}

for (const tag of [
  'latest',
  'next',
  'beta-1',
  'v1-legacy',
  'release.2',
  'UPPER',
  "it's",
  'a'.repeat(214),
]) {
  test(`parseTag() takes ${tag.slice(0, 30)}`, () => assert.equal(parseTag(tag), tag))
}
const noTags = [
  '',
  '.',
  '..',
  '1',
  'v1',
  '1.x',
  '1.0.0',
  'x',
  'X',
  '*',
  '>1',
  '^1.0.0',
  '~1',
  '1 || 2',
  'a b',
  'a/b',
  'a%20b',
  'ä',
  'a\n',
  '\0',
  '@a',
  'a#b',
  'a'.repeat(215),
]
for (const tag of noTags) {
  test(`parseTag() refuses ${JSON.stringify(tag.slice(0, 30))}`, () => {
    assert.throws(
      () => parseTag(tag),
      (error) => isSteleError(error, 'tag_invalid'),
    )
  })
}

test('parseTag() takes a text of its characters exactly when semver reads no range in it', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const signs = "0012.--_~*!'()xXvV"
  const unit = fc.constantFrom(...`${letters}${letters.toUpperCase()}${signs}`.split(''))
  fc.assert(
    fc.property(fc.string({ unit, minLength: 1, maxLength: 12 }), (tag) => {
      const isRange = semver.validRange(tag, { loose: true }) !== null
      const isPath = tag === '.' || tag === '..'
      if (isRange || isPath) assert.throws(() => parseTag(tag))
      else assert.equal(parseTag(tag), tag)
    }),
    { numRuns: 2000 },
  )
})

test('parseVersion() takes a text exactly when semver gives it back as it is', () => {
  const unit = fc.constantFrom(...'0019.--+aZx '.split(''))
  const parts = fc.tuple(
    fc.constantFrom('', 'v', '0'),
    fc.constantFrom(
      '1.0.0',
      '0.0.0',
      '01.0.0',
      '1.2',
      '999999999999999.0.0',
      '9999999999999999.0.0',
    ),
    fc.string({ unit, maxLength: 8 }),
  )
  fc.assert(
    fc.property(parts, (written) => {
      const text = written.join('')
      if (semver.valid(text) === text) assert.equal(parseVersion(text), text)
      else assert.throws(() => parseVersion(text))
    }),
    { numRuns: 3_000 },
  )
})
