// What the registry derives from its log can be lost or spoilt, and comes back the same to the byte.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, signUp } from './registry-client.ts'
import { assertVerifies, mainFile, repository, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const forms = ['application/vnd.npm.install-v1+json', 'application/json']

async function readAll(url: string): Promise<readonly string[]> {
  const paths = ['/a', '/@s%2fb', '/-/v1/search?text=one', '/-/package/a/dist-tags']
  const answers = paths.flatMap((path) =>
    forms.map(async (accept) => {
      const response = await fetch(`${url}${path}`, { headers: { accept } })
      assert.equal(response.status, 200, path)
      // The port is another one at every start.
      return (await response.text()).replaceAll(url, 'http://registry')
    }),
  )
  const texts = await Promise.all(answers)
  return texts.map((text) => text.replace(/"time":"[^"]*"/, '"time":""')) // Search says when it answered.
}

function stele(...args: string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: repository }
  return runProgram(process.execPath, [mainFile, ...args], { cwd: repository, env })
}

/** Each leaves the views in a state that no server may serve from. */
const damage: readonly (readonly [string, string])[] = [
  ['by an older release', "UPDATE projection SET version = '0.0'"],
  ['in another form', "UPDATE projection SET version = '1.0'; DROP TABLE view_versions"],
  ['but for the newest entries', 'UPDATE projection SET size = 3'],
  ['nowhere', 'DELETE FROM projection; DELETE FROM view_versions; DELETE FROM view_packages'],
]

test('what is derived from the log is made again, the same to the byte, when it was kept …', async (t) => {
  await using folder = await makeFolder('rebuild')
  const dir = folder.path
  const before = await (async () => {
    await using server = await startServer({ dir })
    const alice = await signUp(server.url, 'alice')
    for (const version of ['1.0.0', '1.0.1', '1.1.0']) {
      const { document } = makeUpload({ name: 'a', version, description: 'one of two' })
      assert.equal((await alice.send('PUT', '/a', document)).status, 201)
    }
    const { document } = makeUpload({ name: '@s/b', version: '2.0.0', keywords: ['one'] })
    assert.equal((await alice.send('PUT', '/@s%2fb', document)).status, 201)
    assert.equal((await alice.send('PUT', '/-/package/a/dist-tags/old', '1.0.0')).status, 201)
    const running = await stele('admin', 'rebuild', '--dir', dir)
    assert.equal(running.code, 1, running.shown)
    assert.match(running.stderr, /another process is using it/)
    return await readAll(server.url)
  })()
  for (const [how, sql] of damage) {
    await t.test(`… ${how}`, async () => {
      const db = new DatabaseSync(join(dir, 'stele.db'))
      db.exec(sql)
      db.close()
      await using server = await startServer({ dir })
      assert.ok(server.lines.some(({ event }) => event === 'projection_behind'))
      assert.deepEqual(await readAll(server.url), before)
    })
  }
  await t.test('… where nobody can see that it is wrong, by "stele admin rebuild"', async () => {
    const db = new DatabaseSync(join(dir, 'stele.db'))
    db.exec("UPDATE view_versions SET abbreviated = replace(abbreviated, '1.0.1', '6.6.6')")
    db.close()
    const { code, stdout, shown } = await stele('admin', 'rebuild', '--dir', dir)
    assert.equal(code, 0, shown)
    assert.match(stdout, /^Rebuilt registry from \d+ entries of the log\n$/)
    await using server = await startServer({ dir })
    assert.deepEqual(await readAll(server.url), before)
    await assertVerifies(server.url)
  })
})
