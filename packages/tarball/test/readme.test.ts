// Which README is shown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePackage } from '@stele/testkit'
import { findReadme, readTarball } from '../src/index.ts'

const rows: readonly (readonly [
  claim: string,
  paths: readonly string[],
  found: string | undefined,
])[] = [
  ['finds README.md', ['README.md', 'index.js'], 'README.md'],
  ['finds it in any case', ['ReadMe.MD'], 'ReadMe.MD'],
  [
    'prefers README.md to other Markdown',
    ['README.markdown', 'readme.md', 'README.de.md'],
    'readme.md',
  ],
  [
    'prefers other Markdown to a README without ending',
    ['README', 'README.markdown'],
    'README.markdown',
  ],
  ['prefers a README without ending to other endings', ['README.txt', 'README'], 'README'],
  ['takes any ending', ['README.txt'], 'README.txt'],
  ['looks in the root only', ['docs/README.md'], undefined],
  ['takes no other file', ['READMENOT.md', 'MYREADME.md', 'index.js'], undefined],
]
for (const [claim, paths, found] of rows) {
  test(`findReadme() ${claim}`, () => {
    const files = Object.fromEntries(paths.map((path) => [path, `text of ${path}`]))
    const readme = findReadme(
      readTarball(makePackage({ name: 'p', version: '1.0.0' }, files)).files,
    )
    assert.deepEqual(readme, found && { path: found, text: `text of ${found}` })
  })
}

test('findReadme() passes over a README of more than 1 MiB and replaces broken UTF-8', () => {
  const files = { 'README.md': 'x'.repeat(2 ** 20 + 1), README: Uint8Array.of(0x61, 0xff) }
  const readme = findReadme(readTarball(makePackage({ name: 'p', version: '1.0.0' }, files)).files)
  assert.deepEqual(readme, { path: 'README', text: 'a\ufffd' })
})
