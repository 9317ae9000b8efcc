// A public folder that somebody has changed, under a running server and under a stopped one: "stele admin publish" says what
// is wrong, and writes what is missing, the same to the byte.
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, signUp } from './registry-client.ts'
import {
  assertNoTrouble,
  assertVerifies,
  mainFile,
  repository,
  type Server,
  startServer,
} from './server.ts'
import { makeFolder } from './temporary-folder.ts'

/** More entries than a full tile has. */
const changes = 270

type Files = ReadonlyMap<string, Buffer>

async function readFiles(root: string): Promise<Files> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const read = async (path: string) => [path.slice(root.length + 1), await readFile(path)] as const
  return new Map(await Promise.all(paths.map(read)))
}

function stele(...args: string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: repository }
  return runProgram(process.execPath, [mainFile, ...args], { cwd: repository, env })
}

/** A registry with a package of two versions, and so many entries that there are full tiles. */
async function fill(server: Server): Promise<void> {
  const alice = await signUp(server.url, 'alice')
  for (const version of ['1.0.0', '1.0.1']) {
    const { document } = makeUpload({ name: 'a', version }, version.repeat(30_000))
    assert.equal((await alice.send('PUT', '/a', document)).status, 201)
  }
  for (let i = 0; i < changes; i++) {
    const tag = await alice.send('PUT', `/-/package/a/dist-tags/t${i}`, '1.0.0')
    assert.equal(tag.status, 201)
  }
}

type Folder = { readonly log: string; readonly blob: string; readonly older: string }

/** What somebody does to it; what is then told, where that is not that all is right; whether it is right after a --replace. */
const faults: readonly (readonly [
  what: string,
  change: (folder: Folder) => Promise<unknown>,
  told?: RegExp,
  mended?: 'replaced' | 'never',
])[] = [
  ['is whole', async () => undefined],
  ['lacks a full tile', ({ log }) => rm(join(log, 'tile/0/000'))],
  ['lacks a full bundle of entries', ({ log }) => rm(join(log, 'tile/entries/000'))],
  ['lacks record bundles', ({ log }) => rm(join(log, 'body'), { recursive: true })],
  ['lacks a tarball', ({ log, blob }) => rm(join(log, blob))],
  ['lacks all tiles', ({ log }) => rm(join(log, 'tile'), { recursive: true })],
  ['was emptied', ({ log }) => rm(join(log, '../..'), { recursive: true })],
  [
    'is an older copy',
    async ({ log, older }) => {
      await rm(log, { recursive: true })
      await cp(older, log, { recursive: true })
    },
  ],
  ['has half a head', ({ log }) => writeFile(join(log, 'head'), 'half')],
  [
    'has half a record bundle',
    ({ log }) => writeFile(join(log, 'body/000'), 'half'),
    /body\/000 is damaged\n/,
    'replaced',
  ],
  [
    'has half a tarball',
    ({ log, blob }) => writeFile(join(log, blob), 'half'),
    / is damaged\n/,
    'replaced',
  ],
  [
    'has a folder where a tarball should be',
    async ({ log, blob }) => {
      await rm(join(log, blob))
      await mkdir(join(log, blob, 'inside'), { recursive: true })
    },
    / is damaged \(EISDIR/,
    'replaced',
  ],
  [
    'has a tile with other bytes',
    async ({ log }) => {
      await writeFile(join(log, 'tile/0/000'), Buffer.alloc(8192))
      await rm(join(log, 'effects/000'))
    },
    /tile\/0\/000 has other bytes than the log gives\nNothing was written: .* delete those with other bytes/,
    'never',
  ],
  [
    'has a folder where a tile should be',
    async ({ log }) => {
      await rm(join(log, 'tile/0/000'))
      await mkdir(join(log, 'tile/0/000'))
    },
    /tile\/0\/000 cannot be read \(EISDIR.*\nNothing was written: /,
    'never',
  ],
  [
    'has a tile of a longer log',
    ({ log }) => writeFile(join(log, 'tile/0/002'), Buffer.alloc(8192)),
    /tile\/0\/002 belongs to a log with more entries\nNothing was written: .* put back the newest database/,
    'never',
  ],
  [
    'has the checkpoint of another log',
    async ({ log }) => {
      const note = await readFile(join(log, 'checkpoint'), 'utf8')
      await writeFile(join(log, 'checkpoint'), note.replaceAll('localhost/', 'localhost/f'))
    },
    /its public folder is the one of "localhost\/f/,
    'never',
  ],
  [
    'has half a checkpoint',
    ({ log }) => writeFile(join(log, 'checkpoint'), 'half'),
    /Cannot use "public\/-\/log\/checkpoint"/,
    'never',
  ],
]

/** Unfinished pieces in widths of publications that were made on the way: how many those are the clock says. */
async function dropNarrower(log: string): Promise<void> {
  const paths = [...(await readFiles(log)).keys()].filter((path) => path.includes('.p/'))
  const widthOf = (path: string): number => Number(path.slice(path.lastIndexOf('/') + 1))
  for (const path of paths) {
    const beside = paths.filter((one) => dirname(one) === dirname(path))
    if (beside.some((one) => widthOf(one) > widthOf(path))) await rm(join(log, path))
  }
}

/** The data folder's public one, as it was after the changes, put there again for each fault. */
async function restore(root: string, whole: string): Promise<void> {
  await rm(root, { recursive: true, force: true })
  await cp(whole, root, { recursive: true })
}

async function checkFault(
  t: TestContext,
  { dir, whole, older }: { readonly dir: string; readonly whole: string; readonly older: string },
): Promise<void> {
  const root = join(dir, 'public')
  const wanted = await readFiles(whole)
  const blob = [...wanted]
    .flatMap(([path, bytes]) =>
      path.includes('/blob/') && bytes.length > 1000 ? [path.slice(6)] : [],
    )
    .at(-1)
  assert.ok(blob)
  const folder = { log: join(root, '-/log'), blob, older }
  for (const [what, change, told = /: all are right\n/, mended] of faults) {
    await t.test(`… ${what}`, async () => {
      await restore(root, whole)
      await change(folder)
      const before = await readFiles(root).catch(() => new Map())
      const first = await stele('admin', 'publish', '--dir', dir)
      assert.match(first.stdout + first.stderr, told, first.shown)
      assert.equal(first.code, mended === undefined ? 0 : 1, first.shown)
      if (mended === 'never') {
        assert.deepEqual(await readFiles(root), before)
        return
      }
      if (mended === 'replaced') {
        const second = await stele('admin', 'publish', '--replace', '--json', '--dir', dir)
        assert.equal(second.code, 0, second.shown)
        const { replaced, differing } = JSON.parse(second.stdout)
        assert.deepEqual([replaced, differing.length], [1, 1])
      }
      const found = await readFiles(root)
      for (const [path, bytes] of wanted) {
        assert.ok(bytes.equals(found.get(path) ?? Buffer.alloc(0)), `${path} is as it was`)
      }
    })
  }
}

function runSql(dir: string, sql: string): void {
  const db = new DatabaseSync(join(dir, 'stele.db'))
  try {
    assert.equal(Number(db.prepare(sql).run().changes), 1)
  } finally {
    db.close()
  }
}

/** What somebody does to the data folder, and what is told of it: with that, a server would take no writes either. */
const storeFaults: readonly (readonly [
  what: string,
  change: (dir: string) => Promise<unknown> | void,
  told: RegExp,
])[] = [
  [
    'has the key of another log',
    (dir) => writeFile(join(dir, 'keys/log.key'), `${'1'.repeat(64)}\n`),
    /Nothing was written: the log takes no writes: its checkpoint is not signed by the key that is there/,
  ],
  [
    'has another state at its end',
    (dir) => runSql(dir, 'UPDATE head SET leaf = (SELECT leaf FROM entry WHERE number = 5)'),
    /Nothing was written: the log takes no writes: its state does not hash to the root/,
  ],
  [
    'has lost a record that no takedown names',
    (dir) => runSql(dir, 'UPDATE entry SET body = NULL WHERE number = 5'),
    /body\/000 is not in the data folder as the log says\nNothing was written: the database is damaged/,
  ],
]

async function checkStoreFaults(
  t: TestContext,
  { dir, whole }: { readonly dir: string; readonly whole: string },
): Promise<void> {
  for (const [what, change, told] of storeFaults) {
    await t.test(`… ${what}`, async () => {
      await using copy = await makeFolder('public-folder-store')
      await cp(dir, copy.path, { recursive: true })
      const root = join(copy.path, 'public')
      await restore(root, whole)
      await rm(join(root, '-/log/tile/0/000'))
      const before = await readFiles(root)
      await change(copy.path)
      const finished = await stele('admin', 'publish', '--replace', '--dir', copy.path)
      assert.match(finished.stdout, told, finished.shown)
      assert.equal(finished.code, 1, finished.shown)
      assert.deepEqual(await readFiles(root), before)
    })
  }
  await t.test('… has lost a tarball that is to be published again', async () => {
    await using copy = await makeFolder('public-folder-store')
    await cp(dir, copy.path, { recursive: true })
    const root = join(copy.path, 'public')
    await rm(root, { recursive: true })
    const [blob = ''] = (await readFiles(join(dir, 'blobs'))).keys()
    await rm(join(copy.path, 'blobs', blob))
    const first = await stele('admin', 'publish', '--dir', copy.path)
    assert.match(first.stdout, /: one file not right\n.*"blobs\/.*the file is missing/, first.shown)
    assert.match(first.stdout, /No checkpoint was published/, first.shown)
    assert.equal(first.code, 1, first.shown)
    const found = await readFiles(root)
    assert.ok(found.has('-/log/tile/0/000') && !found.has('-/log/checkpoint'))
    await cp(join(dir, 'blobs', blob), join(copy.path, 'blobs', blob))
    const second = await stele('admin', 'publish', '--dir', copy.path)
    assert.equal(second.code, 0, second.shown)
    const filled = await readFiles(root)
    for (const [path, bytes] of await readFiles(whole)) {
      assert.ok(bytes.equals(filled.get(path) ?? Buffer.alloc(0)), `${path} is as it was`)
    }
  })
}

test('"stele admin publish" makes the public folder right, or says why not, when that …', async (t) => {
  await using data = await makeFolder('public-folder')
  await using copies = await makeFolder('public-folder-copies')
  const dir = data.path
  const root = join(dir, 'public')
  const [older, whole] = [join(copies.path, 'older'), join(copies.path, 'whole')]
  await (await startServer({ dir })).stop()
  await cp(join(root, '-/log'), older, { recursive: true })
  {
    await using server = await startServer({ dir })
    await fill(server)
  }
  await dropNarrower(join(root, '-/log'))
  await cp(root, whole, { recursive: true })
  await t.test('(with the server stopped)', (one) => checkFault(one, { dir, whole, older }))
  await t.test('(with a data folder that …)', (one) => checkStoreFaults(one, { dir, whole }))
  await restore(root, whole)
  await t.test('(with the server running)', async (one) => {
    await using server = await startServer({ dir })
    await checkFault(one, { dir, whole, older })
    await restore(root, whole)
    await assertVerifies(server.url)
    await server.stop()
    assertNoTrouble(server.lines.filter(({ event }) => event !== 'admin'))
  })
})
