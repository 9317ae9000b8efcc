import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createFolderFetch } from '../src/sources/folder-fetch.ts'

const folder = mkdtempSync(join(tmpdir(), 'stele-copy-'))
after(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, '-/log/folder'), { recursive: true })
writeFileSync(join(folder, '-/log/key'), 'key')
writeFileSync(join(folder, 'outside'), 'secret')
const hasPipe = spawnSync('mkfifo', [join(folder, '-/log/head')]).status === 0

// path, the most bytes that are wanted, what comes: status and text
const reads: readonly (readonly [string, number, readonly [number, string]])[] = [
  ['/-/log/key', 10, [200, 'key']],
  ['/-/log/key', 2, [200, 'key']], // One byte more than wanted says that it is too long.
  ['/-/log/key', 1, [200, 'ke']],
  ['/-/log/missing', 10, [404, '']],
  ['/-/log/folder', 10, [404, '']],
  ['/-/log/key/below', 10, [404, '']],
  ['/-/log/../../outside', 10, [404, '']],
  ['/outside', 10, [404, '']],
]

suite('createFolderFetch()', () => {
  for (const [path, most, [status, text]] of reads) {
    test(`createFolderFetch() answers ${status} for ${path} of ${most} bytes`, async () => {
      const found = await createFolderFetch(folder)(path, most)
      assert.deepEqual([found.status, Buffer.from(found.bytes).toString()], [status, text])
    })
  }

  test('createFolderFetch() waits for no pipe that lies in a copy', {
    skip: !hasPipe,
  }, async () => {
    const { status } = await createFolderFetch(folder)('/-/log/head', 10)
    assert.equal(status, 404)
  })
})
