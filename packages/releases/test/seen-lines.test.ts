// The lines of chunks: the first one of a version counts, and none is taken for another's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findLine, readLines } from '../src/seen-lines.ts'

const chunks = [
  '1.0.0 sha512-a 01\n1.0.0-x.1.0.1 sha512-b 02\n',
  '1.0.1 sha512-c 03\n1.0.0 sha512-late 04\n2.0.0 sha512-d 05\n',
]

for (const version of ['1.0.0', '1.0.1', '1.0.0-x.1.0.1', '2.0.0', '0.1', '.0.0', '3.0.0']) {
  test(`findLine() finds of ${version} what readLines() does`, () => {
    const found = findLine(
      chunks.map((text) => Buffer.from(text)),
      version,
    )
    assert.deepEqual(found, readLines(chunks).get(version))
  })
}
