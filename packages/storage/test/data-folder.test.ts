import assert from 'node:assert/strict'
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import {
  closeSocketFolder,
  dataPaths,
  loadKey,
  lockDataFolder,
  openSocketFolder,
} from '../src/data-folder.ts'
import { tempFolder } from './temp-folder.ts'

test('lockDataFolder() throws data_locked while another holds it, and works again after release', (t) => {
  const folder = tempFolder(t)
  const lock = lockDataFolder(folder)
  assert.throws(() => lockDataFolder(folder), { code: 'data_locked' })
  lock.release()
  lockDataFolder(folder).release()
})

test('loadKey() makes a key that only its owner reads, and gives the same one again', async (t) => {
  const folder = join(tempFolder(t), 'keys')
  const seed = await loadKey(folder, 'log', { make: true })
  assert.equal(seed.length, 32)
  assert.equal(statSync(join(folder, 'log.key')).mode & 0o777, 0o600)
  assert.deepEqual(Buffer.from(await loadKey(folder, 'log', { make: false })), Buffer.from(seed))
})

test('loadKey() throws data_invalid when the key is missing or damaged', async (t) => {
  const folder = tempFolder(t)
  await assert.rejects(loadKey(folder, 'clock', { make: false }), {
    code: 'data_invalid',
    message: /the key is missing, .* restore it from a backup$/,
  })
  writeFileSync(join(folder, 'root.key'), 'abc\n')
  await assert.rejects(loadKey(folder, 'root', { make: true }), { code: 'data_invalid' })
})

test('dataPaths() puts the socket elsewhere when its name is too long for one', () => {
  assert.equal(dataPaths('/srv/stele').adminSocket, '/srv/stele/admin.sock')
  assert.ok(Buffer.byteLength(dataPaths(`/srv/${'x'.repeat(120)}`).adminSocket) <= 100)
})

test("openSocketFolder() makes a folder that is the user's alone, and throws data_invalid when others may enter it", (t) => {
  const paths = dataPaths(join(tempFolder(t), 'x'.repeat(120)))
  t.after(() => closeSocketFolder(paths))
  openSocketFolder(paths)
  const folder = dirname(paths.adminSocket)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  chmodSync(folder, 0o755)
  assert.throws(() => openSocketFolder(paths), { code: 'data_invalid' })
  closeSocketFolder(paths)
  assert.ok(!existsSync(folder))
})
