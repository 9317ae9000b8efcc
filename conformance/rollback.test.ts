// An older database put back: the log must not fork, however often the server is started on it.
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { makeUpload, signUp } from './registry-client.ts'
import { assertVerifies, type Server, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

/** Copies the log's database, as a backup tool would while the server is stopped. */
async function copyDatabase(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const file of ['stele.db', 'stele.db-wal', 'stele.db-shm']) {
    await rm(join(to, file), { force: true })
    await cp(join(from, file), join(to, file), { force: true }).catch((error: unknown) => {
      if (file === 'stele.db') throw error // The other two are only there after a kill.
    })
  }
}

/** Every file of the public folder with its bytes. */
async function publicFiles(folder: Folder): Promise<ReadonlyMap<string, string>> {
  const root = join(folder.path, 'public')
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  const read = async (path: string) => [path, (await readFile(path)).toString('base64')] as const
  return new Map(await Promise.all(paths.map(read)))
}

async function publish(server: Server, version: string, text?: string): Promise<number> {
  const alice = await signUp(server.url, 'alice')
  const { document } = makeUpload({ name: 'a', version }, text)
  return (await alice.send('PUT', '/a', document)).status
}

/** The public folder's files that say where the log is, as they are now; gives what puts them back. */
async function keepHead(dir: string): Promise<() => Promise<void>> {
  const paths = ['checkpoint', 'head'].map((name) => join(dir, 'public/-/log', name))
  const kept = await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const))
  return async () => {
    for (const [path, bytes] of kept) await writeFile(path, bytes)
  }
}

test('an older database put back together with the published checkpoint is told by the tiles that were published since', async () => {
  await using folder = await makeFolder('rollback-head')
  const backup = join(folder.path, 'backup')
  const newest = join(folder.path, 'newest')
  const dir = folder.path
  {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.0'), 201)
  }
  await copyDatabase(dir, backup)
  const putHeadBack = await keepHead(dir)
  {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.1', 'honest'), 201)
  }
  const putNewestHeadBack = await keepHead(dir)
  await copyDatabase(dir, newest)
  await copyDatabase(backup, dir)
  await putHeadBack()
  const evidence = await publicFiles(folder)
  for (const _start of ['first', 'second']) {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.1', 'forked'), 503)
    const ping = await (await fetch(`${server.url}/-/ping`)).text()
    assert.match(ping, /"writesRefused":"its database has 3 entries, but its public folder holds/)
    assert.match(ping, /the database is older than what was published/)
    await server.stop()
    assert.deepEqual(await publicFiles(folder), evidence)
  }
  await copyDatabase(newest, dir)
  await putNewestHeadBack()
  await using server = await startServer({ dir })
  assert.equal(await publish(server, '1.0.2'), 201)
  await assertVerifies(server.url)
})

test('an older database put back is read, never written to and never published, on the first, second and third start', async () => {
  await using folder = await makeFolder('rollback')
  const backup = join(folder.path, 'backup')
  const dir = folder.path
  {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.0'), 201)
  }
  await copyDatabase(dir, backup)
  {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.1', 'honest'), 201)
  }
  const newest = join(folder.path, 'newest')
  await copyDatabase(dir, newest)
  const evidence = await publicFiles(folder)
  await copyDatabase(backup, dir)
  for (const _start of ['first', 'second', 'third']) {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.1', 'forked'), 503)
    assert.equal((await fetch(`${server.url}/a`)).status, 200)
    const ping = await fetch(`${server.url}/-/ping`)
    assert.equal(ping.status, 200) // It can be read.
    assert.match(
      await ping.text(),
      /"writesRefused":"its database has 3 entries, but 4 are published/,
    )
    const ready = server.lines.find((line) => line.event === 'service_ready')
    assert.match(String(ready?.['readOnly']), /are published already/)
    await server.stop() // Publishes at once what it would have published later.
    assert.deepEqual(await publicFiles(folder), evidence)
  }
  await copyDatabase(newest, dir)
  await using server = await startServer({ dir })
  assert.equal(await publish(server, '1.0.2'), 201)
  await assertVerifies(server.url)
})

test('one damaged file of the public folder is named with what to do, and that mends it; one that is missing is written again', async () => {
  await using folder = await makeFolder('damaged')
  const dir = folder.path
  {
    await using server = await startServer({ dir })
    for (const version of ['1.0.0', '1.0.1', '1.0.2']) {
      assert.equal(await publish(server, version), 201)
    }
  }
  const before = await publicFiles(folder)
  const path = [...before.keys()].findLast((one) => one.includes('/tile/0/000.p/')) ?? assert.fail()
  const spoilt = await readFile(path)
  spoilt[0] = (spoilt[0] ?? 0) ^ 1
  await writeFile(path, spoilt)
  {
    await using server = await startServer({ dir })
    assert.equal(await publish(server, '1.0.3'), 503)
    const health = await (await fetch(`${server.url}/-/health`)).text()
    const told = server.lines.find((line) => line.event === 'read_only')
    for (const text of [health, String(told?.['reason'])]) {
      assert.ok(text.includes(relative(join(dir, 'public'), path)), text)
      assert.match(text, /the file is damaged\. Delete it and start again: it is written anew/)
    }
  }
  await rm(path)
  await using server = await startServer({ dir })
  assert.equal(await publish(server, '1.0.3'), 201)
  await assertVerifies(server.url)
  await server.stop()
  const after = await publicFiles(folder)
  assert.equal(after.get(path), before.get(path))
})
