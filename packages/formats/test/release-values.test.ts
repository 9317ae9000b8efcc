// The values of versions and contents.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { canonicalJson, type JsonObject } from '../src/public/json.ts'
import {
  formatContentsValue,
  formatVersionsValue,
  parseContentsValue,
  parseVersionsValue,
} from '../src/public/values.ts'

const vectorsUrl = new URL('../../../spec/vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')).release
const contents = parseContentsValue(vectors.contentsValue)

test('formatVersionsValue() gives back the versions value of the vectors', () => {
  assert.equal(
    formatVersionsValue(parseVersionsValue(vectors.versionsValue)),
    vectors.versionsValue,
  )
})

test('formatContentsValue() gives back the contents value of the vectors', () => {
  assert.equal(formatContentsValue(contents), vectors.contentsValue)
})

test('formatContentsValue() writes why an observed tarball is refused', () => {
  const refused = { ...contents, files: null, manifest: null, reason: 'it is not gzip' }
  assert.deepEqual(parseContentsValue(formatContentsValue(refused)), refused)
})

const value: JsonObject = JSON.parse(vectors.versionsValue)
const badVersions: readonly (readonly [string, unknown])[] = [
  ['a list', []],
  ['no integrity', { record: value['record'] }],
  ['no record', { integrity: value['integrity'] }],
  ['another member', { ...value, x: 1 }],
  ['two hashes', { ...value, integrity: `${JSON.parse(vectors.versionsValue).integrity} sha1-x` }],
  ['a record that is malformed', { ...value, record: { name: 'p' } }],
]
for (const [what, bad] of badVersions) {
  test(`parseVersionsValue() refuses ${what}`, () => {
    assert.throws(
      () => parseVersionsValue(canonicalJson(bad)),
      (error) => isSteleError(error),
    )
  })
}

const badContents: readonly (readonly [string, JsonObject])[] = [
  ['digests in upper case', { files: 'A'.repeat(64) }],
  ['a short digest', { manifest: 'a'.repeat(63) }],
  ['a sha512 that is none', { sha512: 'a'.repeat(64) }],
  ['a size below 0', { size: -1 }],
  ['a size with a fraction', { size: 1.5 }],
  ['files null without a reason', { files: null }],
  ['a reason beside files', { reason: 'x' }],
  ['files without a manifest', { manifest: null }],
  ['another member', { x: 1 }],
]
for (const [what, change] of badContents) {
  test(`parseContentsValue() refuses ${what}`, () => {
    const text = canonicalJson({ ...contents, ...change })
    assert.throws(
      () => parseContentsValue(text),
      (error) => isSteleError(error, 'json_invalid'),
    )
  })
}
