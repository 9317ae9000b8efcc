import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readUserFile } from '../src/user-file.ts'

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
