// Rows of the state that were changed while the server was down: they are found though a start loads the trie from its snapshot.
import assert from 'node:assert/strict'
import { cp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeUpload, signUp } from './registry-client.ts'
import { assertVerifies, type Server, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const patienceMs = 20_000
const releases = 300

async function publish(server: Server, name: string, version: string): Promise<number> {
  const alice = await signUp(server.url, 'alice')
  const { document } = makeUpload({ name, version })
  return (await alice.send('PUT', `/${name}`, document)).status
}

/** A folder with a log that is long enough for its clean stop to leave a snapshot. */
async function makeLog(folder: Folder): Promise<void> {
  await using server = await startServer({ dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  for (let index = 0; index < releases; index++) {
    const { document } = makeUpload({ name: `p${index}`, version: '1.0.0' })
    assert.equal((await alice.send('PUT', `/p${index}`, document)).status, 201)
  }
}

const snapshotOf = (folder: Folder): string => join(folder.path, 'trie.snapshot')

async function waitFor(server: Server, event: string): Promise<void> {
  const untilMs = Date.now() + patienceMs
  while (!server.lines.some((line) => line.event === event)) {
    assert.ok(Date.now() < untilMs, `There was no ${event}`)
    await sleep(50)
  }
}

test('a start finds rows that were changed behind its back, and goes on when a snapshot is damaged', async (t) => {
  await using folder = await makeFolder('tampering')
  await makeLog(folder)
  assert.ok((await stat(snapshotOf(folder))).size > 10_000)
  const tamperings = [
    "UPDATE state SET value = CAST('9.9.9' AS BLOB) WHERE object = '/packages/p7/tags'",
    "DELETE FROM state WHERE object = '/packages/p7/tags'",
    "INSERT INTO state SELECT object, 'next', hash, value, blob FROM state WHERE object = '/packages/p7/tags'",
  ]
  for (const sql of tamperings) {
    await t.test(`writes end after: ${sql}`, async () => {
      await using copy = await makeFolder('tampered')
      await cp(folder.path, copy.path, { recursive: true })
      const db = new DatabaseSync(join(copy.path, 'stele.db'))
      assert.equal(Number(db.prepare(sql).run().changes), 1)
      db.close()
      await using server = await startServer({ dir: copy.path })
      await waitFor(server, 'read_only')
      assert.equal(await publish(server, 'other', '1.0.0'), 503)
      assert.equal((await fetch(`${server.url}/p8`)).status, 200)
    })
  }
  const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ['cut', (bytes) => bytes.subarray(0, bytes.length - 100)],
    ['empty', () => Buffer.alloc(0)],
    [
      'altered',
      (bytes) => {
        bytes[bytes.length >> 1]! ^= 1
        return bytes
      },
    ],
  ]
  for (const [what, damage] of damages) {
    await t.test(`the log goes on when the snapshot is ${what}`, async () => {
      await using copy = await makeFolder('damaged')
      await cp(folder.path, copy.path, { recursive: true })
      await writeFile(snapshotOf(copy), damage(await readFile(snapshotOf(folder))))
      await using server = await startServer({ dir: copy.path })
      assert.equal(await publish(server, 'other', '1.0.0'), 201)
      await assertVerifies(server.url)
    })
  }
})
