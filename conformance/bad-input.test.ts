// Bad input, from the outside: whatever is sent, a clear error in JSON comes back, nothing of it is stored, and the server goes on.
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { addressRows, nameRows } from './bad-input/addresses.ts'
import { archiveRows } from './bad-input/archives.ts'
import { codeOf, type Place, type Row } from './bad-input/row.ts'
import { uploadRows } from './bad-input/uploads.ts'
import { wireRows } from './bad-input/wire.ts'
import { readPeak } from './peak-memory.ts'
import { sendRaw } from './raw-client.ts'
import { makeUpload, publish, readPackument, signUp } from './registry-client.ts'
import { assertNoTrouble, readCheckpoint, type Server, startServer } from './server.ts'

const limitBytes = 6 * 1024 ** 2
const hosted = 'hosted'

let server: Server
let place: Place
let stored: object

before(async () => {
  server = await startServer({ flags: ['--max-upload-bytes', String(limitBytes)] })
  const alice = await signUp(server.url, 'alice')
  assert.equal((await publish(alice, makeUpload({ name: hosted, version: '1.0.0' }))).status, 201)
  place = { port: server.port, token: alice.token, hosted, limitBytes }
  stored = await storedOf(server)
})

after(async () => {
  await server.stop()
})

/** The log's size, the blobs, and every file that is no database's own. */
async function storedOf({ url, dir }: Server): Promise<object> {
  const { size } = await readCheckpoint(url)
  using db = new DatabaseSync(join(dir, 'stele.db'), { readOnly: true })
  const blobs = db.prepare('SELECT count(*) AS count FROM blob').get()?.['count']
  const entries = db.prepare('SELECT count(*) AS count FROM entry').get()?.['count']
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('public') && statSync(join(dir, path)).isFile())
    .filter((path) => !/-(?:wal|shm)$/.test(path))
  return { size, blobs, entries, files: files.sort() }
}

function check(rows: readonly Row[]): void {
  for (const [title, send, wanted] of rows) {
    test(`${title}: ${wanted === 'cut' ? 'cut' : wanted.join(' ')}`, async () => {
      const { pieces, ...options } = send(place)
      const from = server.lines.length
      const answers = await sendRaw(server.port, pieces, options)
      const answer = answers.findLast(({ status }) => status >= 200)
      if (wanted === 'cut') assert.equal(answer, undefined)
      else {
        assert.ok(answer !== undefined, 'There was no answer')
        const [status, code] = wanted
        assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.body.toString())
        if (code !== undefined) assertClear(answer.json)
      }
      assert.ok((await readPackument(server.url, hosted)) !== undefined)
      assert.deepEqual(await storedOf(server), stored)
      assertNoTrouble(server.lines.slice(from))
    })
  }
}

/** In words, and without what only a programmer can read. */
function assertClear(json: unknown): void {
  const text: unknown = Object(json)['error']
  assert.ok(typeof text === 'string' && /^[A-Z][^\n]{10,}/.test(text), String(text))
  assert.doesNotMatch(text, /\bat .*:\d+:\d+|node:|undefined|\[object/)
}

suite('uploads', () => check(uploadRows))
suite('archives', () => {
  let peak: number
  before(() => {
    peak = readPeak(server.pid)
  })
  check(archiveRows)
  for (const [title, send, wanted] of archiveRows) {
    test(`${title}, eight at once: ${wanted === 'cut' ? 'cut' : wanted.join(' ')}`, async () => {
      const { pieces, ...options } = send(place)
      const sent = Array.from({ length: 8 }, () => sendRaw(server.port, pieces, options))
      for (const answers of await Promise.all(sent)) {
        const answer = answers.findLast(({ status }) => status >= 200)
        assert.ok(answer !== undefined, 'There was no answer')
        assert.deepEqual([answer.status, codeOf(answer)], wanted, answer.body.toString())
      }
      assert.deepEqual(await storedOf(server), stored)
    })
  }
  test('no archive costs the server more than 200 MB, eight at once or one by one', (t) => {
    const now = readPeak(server.pid)
    t.diagnostic(
      `${Math.round(now / 1e6)} MB, ${Math.round((now - peak) / 1e6)} MB more than before`,
    )
    assert.ok(now - peak < 200e6)
  })
})
suite('names', () => check(nameRows))
suite('addresses', () => check(addressRows))
suite('the wire', () => check(wireRows))
