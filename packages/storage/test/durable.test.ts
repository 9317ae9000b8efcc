import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeDurably } from '../src/durable.ts'
import { createPublicFolder } from '../src/public-folder.ts'
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

test('remove() takes a file or a folder away, or nothing', async (t) => {
  const folder = createPublicFolder(tempFolder(t))
  await folder.write('-/log/tile/0/000.p/5', Buffer.of(1))
  await folder.remove('-/log/tile/0/000.p')
  await folder.remove('-/log/tile/0/000.p')
})

test('sync() makes durable what was written and removed, and forgets it', async (t) => {
  const folder = createPublicFolder(tempFolder(t))
  await folder.write('-/log/body/000.p/1', Buffer.of(1))
  await folder.write('-/log/body/000', Buffer.of(2))
  await folder.remove('-/log/body/000.p')
  assert.equal(folder.unsynced(), 3)
  await folder.sync()
  assert.equal(folder.unsynced(), 0)
})

test('write() and writeDurably() make folders anew when somebody has removed them', async (t) => {
  const root = tempFolder(t)
  const folder = createPublicFolder(root)
  await folder.write('-/log/body/000', Buffer.of(1))
  rmSync(root, { recursive: true })
  await folder.write('-/log/body/000', Buffer.of(2))
  rmSync(root, { recursive: true })
  await folder.writeDurably('-/log/checkpoint', Buffer.of(3))
  assert.deepEqual([...readFileSync(join(root, '-/log/checkpoint'))], [3])
})

test('write() makes a folder anew when remove() has taken it away', async (t) => {
  const root = tempFolder(t)
  const folder = createPublicFolder(root)
  await folder.write('-/log/body/000.p/1', Buffer.of(1))
  await folder.remove('-/log/body/000.p')
  await folder.write('-/log/body/000.p/2', Buffer.of(2))
  assert.deepEqual(readdirSync(join(root, '-/log/body/000.p')), ['2'])
})
