import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileErrorOf, readUserFile } from '../src/user-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'stele-user-file-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'file'), 'text')

test('readUserFile() gives the text of a file', () => {
  assert.equal(readUserFile(join(folder, 'file')), 'text')
})

for (const [path, reason] of [
  ['none', 'there is no such file or folder'],
  ['.', 'it is a folder, not a file'],
  ['file/below', 'a part of the path is a file, not a folder'],
] as const) {
  test(`readUserFile() says of "${path}": ${reason}`, () => {
    const place = `${folder}/${path}`
    assert.throws(() => readUserFile(place), {
      code: 'data_invalid',
      message: `Cannot use "${place}": ${reason}`,
    })
  })
}

// what the system refuses, where from and where to, and what is said then
for (const [code, path, dest, message, fix] of [
  ['ENOSPC', '/store/a', '/project/a', '"/project/a": there is no room left on the disk', /room/],
  ['EACCES', '/store/a', '/project/a', '"/project/a": permission denied', /another folder/],
  ['EROFS', '/project/a', undefined, '"/project/a": the disk can only be read', /another folder/],
  ['ENOENT', '/store/a', '/project/a', '"/store/a": there is no such file or folder', undefined],
] as const) {
  test(`fileErrorOf() says of ${code}: Cannot use ${message}`, () => {
    const error = fileErrorOf(Object.assign(new Error(code), { code, syscall: 'link', path, dest }))
    assert.equal(error?.message, `Cannot use ${message}`)
    if (fix === undefined) assert.equal(error?.fix, undefined)
    else assert.match(error?.fix ?? '', fix)
  })
}

test('fileErrorOf() leaves errors that are not of files', () => {
  assert.equal(
    fileErrorOf(Object.assign(new Error('x'), { code: 'ECONNRESET', syscall: 'read' })),
    undefined,
  )
  assert.equal(fileErrorOf(new Error('x')), undefined)
})
