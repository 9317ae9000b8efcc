import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeDurably } from '../src/durable.ts'
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
