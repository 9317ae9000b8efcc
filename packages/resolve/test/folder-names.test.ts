import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { escapeLine } from '@stele/errors'
import { isFolderName } from '../src/folder-names.ts'

suite('isFolderName()', () => {
  for (const name of ['a', '@s/a', 'a.b', 'JSONStream', 'größe', '_a']) {
    test(`is true of ${JSON.stringify(name)}`, () => assert.ok(isFolderName(name)))
  }

  const outside = ['', '.', '..', '.bin', 'a/b', '@s/', '@s/.a', '@./a', '@s/a/b', 'a\\b', 'c:']
  const controls = ['\u0000', '\u001b[2K', '\n', '\t', '\u007f', '\u009b2J', '\u202e'].map(
    (each) => `a${each}b`,
  )
  for (const name of [...outside, 'node_modules', ...controls, '@s\n/a']) {
    test(`is false of ${escapeLine(JSON.stringify(name))}`, () =>
      assert.equal(isFolderName(name), false))
  }
})
