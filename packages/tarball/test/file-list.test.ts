// The text of the file list.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFileList } from '../src/index.ts'

test('formatFileList() writes a line a file, sorted by the bytes of the paths', () => {
  const sha256 = 'a'.repeat(64)
  const files = ['b', '\uffff', '\u{10000}', 'a b'].map((path) => ({
    path,
    mode: 644 as const,
    size: 1,
    sha256,
  }))
  const { fileList, sorted } = formatFileList(files)
  assert.equal(
    fileList,
    `644 1 ${sha256} a b\n644 1 ${sha256} b\n644 1 ${sha256} \uffff\n644 1 ${sha256} \u{10000}\n`,
  )
  assert.deepEqual(
    sorted.map((file) => file.path),
    ['a b', 'b', '\uffff', '\u{10000}'],
  )
})
