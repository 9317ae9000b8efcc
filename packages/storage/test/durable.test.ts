import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFoldersSync, putFile, putFileSync, writeDurably } from '../src/durable.ts'
import { tempFolder } from './temp-folder.ts'

test('writeDurably() puts the bytes there, makes folders, and leaves no temporary file', async (t) => {
  const folder = tempFolder(t)
  const path = join(folder, 'a', 'b', 'file')
  await writeDurably(path, Buffer.from('one'))
  await writeDurably(path, Buffer.from('two'))
  assert.equal(readFileSync(path, 'utf8'), 'two')
  assert.deepEqual(readdirSync(join(folder, 'a', 'b')), ['file'])
})

test('writeDurably() fails at once when the file system takes no folders', async () => {
  await assert.rejects(writeDurably('/proc/foo/bar/file', Buffer.from('x')), { code: 'ENOENT' })
})

test('writeDurably() leaves no temporary file when it fails', async (t) => {
  const folder = tempFolder(t)
  mkdirSync(join(folder, 'taken'))
  await assert.rejects(writeDurably(join(folder, 'taken'), Buffer.from('x')))
  assert.deepEqual(readdirSync(folder), ['taken'])
})

test('makeFoldersSync() makes folders, and throws what the file system says where it takes none', (t) => {
  const path = join(tempFolder(t), 'a', 'b')
  makeFoldersSync(path)
  makeFoldersSync(path)
  assert.ok(statSync(path).isDirectory())
  assert.throws(() => makeFoldersSync('/proc/foo/bar'), { code: 'ENOENT', syscall: 'mkdir' })
})

/** The same of both: each puts pieces at a path. */
const ways: readonly (readonly [
  name: string,
  put: (...args: Parameters<typeof putFileSync>) => Promise<void>,
])[] = [
  ['putFile()', (...args) => putFile(...args)],
  ['putFileSync()', async (...args) => putFileSync(...args)],
]
for (const [name, put] of ways) {
  test(`${name} puts all pieces there, with the mode that is wanted`, async (t) => {
    const path = join(tempFolder(t), 'file')
    await put(path, [Buffer.from('o'), Buffer.alloc(0), Buffer.from('ne')], { mode: 0o600 })
    assert.equal(readFileSync(path, 'utf8'), 'one')
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  test(`${name} leaves the file that was there, and no other one, when its pieces fail`, async (t) => {
    const folder = tempFolder(t)
    const path = join(folder, 'file')
    const pieces = function* (): Iterable<Uint8Array> {
      yield Buffer.from('ne')
      throw new Error('broken off')
    }
    writeFileSync(path, 'old')
    await assert.rejects(put(path, pieces()), /broken off/)
    assert.equal(readFileSync(path, 'utf8'), 'old')
    assert.deepEqual(readdirSync(folder), ['file'])
  })

  test(`${name} follows no link that somebody has put where the file is written first`, async (t) => {
    const folder = tempFolder(t)
    const [path, temporary] = [join(folder, 'file'), join(folder, 'temporary')]
    symlinkSync(join(folder, 'elsewhere'), temporary)
    await assert.rejects(put(path, [Buffer.from('x')], { temporary }), { code: 'EEXIST' })
    assert.ok(!readdirSync(folder).includes('elsewhere'))
  })
}
