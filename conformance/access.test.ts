// A registry that only accounts may read, with real npm: strangers get nothing of it, and whoever may read can verify it.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNpm, credentials } from './npm-client.ts'
import { setFolder } from './npm-world.ts'
import { type Finished, runProgram } from './processes.ts'
import { assertNoTrouble, mainFile, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

test('only accounts read: npm logs in, publishes for them alone, installs; strangers and their verification are refused', async () => {
  await using folder = await makeFolder('access')
  await using server = await startServer({ flags: ['--access', 'authenticated'] })
  const path = (...parts: readonly string[]): string => join(folder.path, ...parts)
  const npmOf = (user: string) => createNpm('npm12', { folder: path(user), registry: server.url })
  const alice = await npmOf('alice')
  const stranger = await npmOf('stranger')
  const verifyAs = (home: string): Promise<Finished> =>
    runProgram(process.execPath, [mainFile, 'verify', '--forget', server.url], {
      cwd: home,
      env: { PATH: process.env['PATH'], HOME: home },
    })

  await setFolder(path('tool'), {
    'package.json': { name: '@team/tool', version: '1.0.0', license: 'MIT' },
    'index.js': 'module.exports = 1\n',
  })
  const answers = credentials('alice', 'correct horse')
  const entered = await alice.run(['login', '--auth-type=legacy'], { cwd: path('tool'), answers })
  assert.equal(entered.code, 0, entered.shown)
  const published = await alice.run(['publish', '--access', 'restricted'], { cwd: path('tool') })
  assert.equal(published.code, 0, published.shown)

  for (const [npm, name] of [
    [alice, 'a'],
    [stranger, 's'],
  ] as const) {
    await setFolder(path(name), { 'package.json': { name: 'app', version: '1.0.0' } })
    const { code, shown } = await npm.run(['install', '@team/tool'], { cwd: path(name) })
    const isAlice = npm === alice
    assert.equal(code === 0, isAlice, shown)
    assert.equal(existsSync(path(name, 'node_modules', '@team', 'tool', 'index.js')), isAlice)
    if (!isAlice) assert.match(shown, /E401[\s\S]*npm login/)
  }

  const verified = await verifyAs(alice.home)
  assert.equal(verified.code, 0, verified.shown)
  const refused = await verifyAs(stranger.home)
  assert.equal(refused.code, 4, refused.shown)
  assert.match(refused.shown, /lets only accounts read/)
  const host = server.url.replace(/^http:/, '')
  await writeFile(join(stranger.home, '.npmrc'), `${host}/:_authToken=made-up\n`)
  const forged = await verifyAs(stranger.home)
  assert.equal(forged.code, 4, forged.shown)
  assert.match(forged.shown, /does not take the credentials/)
  assertNoTrouble(server.lines)
})
