// Integrity texts.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { formatIntegrity, parseIntegrity, strongestIntegrity } from '../src/public/names.ts'

const sha512 = `sha512-${hash('sha512', 'x', 'base64')}`
const other512 = `sha512-${hash('sha512', 'y', 'base64')}`
const sha1 = `sha1-${hash('sha1', 'x', 'base64')}`
const shasum = hash('sha1', 'x', 'hex')

for (const text of [sha512, sha1]) {
  test(`formatIntegrity() gives back the ${text.split('-')[0]} that parseIntegrity() read`, () => {
    const { algorithm, digest } = parseIntegrity(text)
    assert.equal(formatIntegrity(algorithm, digest), text)
  })
}

test('formatIntegrity() refuses a digest of the wrong length', () => {
  assert.throws(() => formatIntegrity('sha512', new Uint8Array(20)), /20 bytes/)
})

const bad = [
  '',
  'sha512-',
  'sha1-',
  sha512.slice(0, -1),
  `${sha512}=`,
  ` ${sha512}`,
  `${sha512} `,
  `${sha512} ${sha1}`,
  `${sha512}?opt`,
  sha512.replace('sha512', 'SHA512'),
  sha1.replace('sha1', 'sha512'),
  sha512.replace('sha512', 'sha1'),
  `sha256-${hash('sha256', 'x', 'base64')}`,
  shasum,
  sha512.replace(/.==$/, '/=='),
  sha1.replaceAll('+', '-').replace(/=$/, ''),
]
for (const text of bad) {
  test(`parseIntegrity() refuses ${JSON.stringify(text.slice(0, 24))} of ${text.length} characters`, () => {
    assert.throws(
      () => parseIntegrity(text),
      (error) => isSteleError(error, 'integrity_invalid'),
    )
  })
}

const chosen: readonly (readonly [string, { integrity?: string; shasum?: string }, string])[] = [
  ['the sha512', { integrity: sha512, shasum }, sha512],
  ['the sha512 among others', { integrity: `${sha1} sha384-x ${sha512}?a=b`, shasum }, sha512],
  ['the same sha512 twice', { integrity: `${sha512} ${sha512}` }, sha512],
  ['the sha1 of an integrity', { integrity: sha1 }, sha1],
  ['the shasum when there is nothing else', { shasum }, sha1],
  ['the shasum in upper case', { shasum: shasum.toUpperCase() }, sha1],
  [
    'the shasum beside a hash that is not taken',
    { integrity: `sha256-${'a'.repeat(43)}=`, shasum },
    sha1,
  ],
]
for (const [what, dist, wanted] of chosen) {
  test(`strongestIntegrity() chooses ${what}`, () => assert.equal(strongestIntegrity(dist), wanted))
}

const none: readonly (readonly [string, { integrity?: string; shasum?: string }])[] = [
  ['nothing', {}],
  ['an empty text', { integrity: '' }],
  ['two sha512', { integrity: `${sha512} ${other512}` }],
  ['a broken sha512, whatever else there is', { integrity: 'sha512-abc', shasum }],
  ['a broken shasum', { shasum: 'abc' }],
  ['only what is not taken', { integrity: 'md5-abc' }],
  ['a very long text', { integrity: `${sha512} `.repeat(100) }],
]
for (const [what, dist] of none) {
  test(`strongestIntegrity() refuses ${what}`, () => {
    assert.throws(
      () => strongestIntegrity(dist),
      (error) => isSteleError(error, 'integrity_invalid'),
    )
  })
}

test('strongestIntegrity() takes a sha512 alone exactly when parseIntegrity() does', () => {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_='
  for (const last of digits) {
    const text = `${sha512.slice(0, -3)}${last}==`
    let isTaken = true
    try {
      parseIntegrity(text)
    } catch {
      isTaken = false
    }
    if (isTaken) assert.equal(strongestIntegrity({ integrity: text }), text)
    else assert.throws(() => strongestIntegrity({ integrity: text }))
  }
})
