import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../src/database.ts'
import { makeFolder, reasonOf } from '../src/folders.ts'
import { logSchema } from '../src/log-store.ts'
import { tempFolder } from './temp-folder.ts'

test('makeFolder() makes what is missing, and takes what is there', (t) => {
  const path = join(tempFolder(t), 'a', 'b', 'c')
  makeFolder(path)
  makeFolder(path)
  assert.ok(existsSync(path))
})

test('makeFolder() throws data_invalid at once when the file system takes no folders', () => {
  assert.throws(() => makeFolder('/proc/foo/bar'), { code: 'data_invalid' })
})

test('makeFolder() throws data_invalid when a file is in the way', (t) => {
  const path = join(tempFolder(t), 'file')
  writeFileSync(path, '')
  assert.throws(() => makeFolder(join(path, 'below')), {
    code: 'data_invalid',
    details: { path, reason: 'it is a file, not a folder' },
  })
})

test('openDatabase() names the file when it is no database', (t) => {
  const path = join(tempFolder(t), 'stele.db')
  writeFileSync(path, 'no database at all'.repeat(500))
  assert.throws(() => openDatabase(path, logSchema), { code: 'data_invalid', message: /stele\.db/ })
})

for (const [code, reason] of [
  ['EACCES', /permission denied; run this as the user/],
  ['EROFS', /can only be read/],
  ['ENOENT', /takes no new folders/],
  ['EIO', /^i\/o error$/],
] as const) {
  test(`reasonOf() is a plain sentence when the system says ${code}`, () => {
    assert.match(reasonOf(Object.assign(new Error('i/o error'), { code })), reason)
  })
}
