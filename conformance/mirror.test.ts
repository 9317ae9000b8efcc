// "stele mirror" as a process: of a registry that runs, killed and run again; and served by a web server that knows files alone.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEvilUpstream } from './evil-upstream.ts'
import { createNpm } from './npm-client.ts'
import { type Finished, killGroup, runProgram, spawnOwn } from './processes.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { moduleDocument } from './sample-package.ts'
import { mainFile, startServer } from './server.ts'
import { serveFolder } from './static-files.ts'
import { makeFolder } from './temporary-folder.ts'

test('stele mirror copies a registry that a web server shows, and npm installs from there when the registry is gone', async () => {
  await using folder = await makeFolder('mirror')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  for (const [name, version] of [
    ['left-pad', '1.0.0'],
    ['left-pad', '1.1.0'],
    ['@scope/kept', '2.0.0-rc.1'],
  ] as const) {
    assert.equal((await publish(alice, makeUpload({ name, version }))).status, 201)
  }
  const put = await alice.send('PUT', '/-/mnpm/module', moduleDocument('mirrored', '1.0.0'))
  assert.equal(put.status, 201)
  await using web = await serveFolder(join(folder.path, 'mirror'))
  const mirror = (...more: readonly string[]): Promise<Finished> =>
    stele(folder.path, 'mirror', server.url, 'mirror', ...more)
  const first = await mirror('--base-url', web.url)
  assert.equal(first.code, 0, first.shown)
  assert.match(first.stdout, /Tarballs: 4, 4 of them new.*\n {2}npm: 3 packages with 4 versions/)
  const again = await mirror()
  assert.match(again.stdout, /^Nothing new: /)
  const more = makeUpload({ name: 'left-pad', version: '1.2.0' })
  assert.equal((await publish(alice, more)).status, 201)
  const third = await mirror()
  assert.match(third.stdout, /Tarballs: 5, 1 of them new.*\n.*, 1 written, 0 removed/)
  await server.stop()

  const verified = await stele(folder.path, 'verify', 'mirror')
  assert.equal(verified.code, 0, verified.shown)
  const npm = await createNpm('npm12', { folder: folder.path, registry: `${web.url}/npm/` })
  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  const installed = await npm.run(['install', 'mirrored', '@scope/kept'], { cwd })
  assert.equal(installed.code, 0, installed.shown)
  const leftPad = await readFile(join(cwd, 'node_modules/left-pad/package.json'), 'utf8')
  assert.match(leftPad, /"version": ?"1\.2\.0"/)
  await readFile(join(cwd, 'node_modules/@scope/kept/index.js'))
})

test('stele mirror keeps to names and to a lock file, and lists nothing else', async () => {
  await using folder = await makeFolder('mirror-some')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  for (const name of ['one', 'two', 'three']) {
    for (const version of ['1.0.0', '1.1.0']) {
      assert.equal((await publish(alice, makeUpload({ name, version }))).status, 201)
    }
  }
  const cwd = join(folder.path, 'project')
  await mkdir(cwd)
  await writeFile(join(cwd, '.npmrc'), `registry=${server.url}/\n`)
  await writeFile(join(cwd, 'package.json'), '{"dependencies":{"one":"1.0.0"}}')
  const installed = await stele(cwd, 'install')
  assert.equal(installed.code, 0, installed.shown)
  const lock = join(cwd, 'stele.lock')
  const only = [server.url, 'mirror', '--base-url', 'https://mirror.example'] as const
  const { code, shown } = await stele(folder.path, 'mirror', ...only, '--lock', lock, 'two', 'four')
  assert.equal(code, 0, shown)
  assert.match(shown, /It does not have: "four"/)
  const listed = await readdir(join(folder.path, 'mirror/npm'))
  assert.deepEqual(listed.toSorted(), ['-', 'one', 'two'])
  const one = JSON.parse(await readFile(join(folder.path, 'mirror/npm/one'), 'utf8'))
  assert.deepEqual([Object.keys(one.versions), one['dist-tags']], [['1.0.0'], { latest: '1.0.0' }])
  assert.match(
    one.versions['1.0.0'].dist.tarball,
    /^https:\/\/mirror\.example\/npm\/-\/one\/one-v1\.0\.0\.tgz$/,
  )
  const two = JSON.parse(await readFile(join(folder.path, 'mirror/npm/two'), 'utf8'))
  assert.deepEqual(Object.keys(two.versions), ['1.0.0', '1.1.0'])
  assert.deepEqual(Object.keys(two.time), ['created', 'modified', '1.0.0', '1.1.0'])
})

test('stele mirror holds what a registry gave of its upstream, and npm installs it when both are gone', async () => {
  await using folder = await makeFolder('mirror-upstream')
  await using upstream = await startEvilUpstream()
  upstream.put('app-a', [{ version: '1.0.0', manifest: { dependencies: { '@lib/b': '^1.0.0' } } }])
  upstream.put('@lib/b', [{ version: '1.0.0' }, { version: '1.1.0' }])
  upstream.put('never-asked', [{ version: '1.0.0' }])
  const upstreams = JSON.stringify([{ id: 'up', url: upstream.url }])
  await using server = await startServer({ flags: ['--upstreams', upstreams] })
  const alice = await signUp(server.url, 'alice')
  const own = makeUpload({ name: 'own', version: '1.0.0', dependencies: { 'app-a': '*' } })
  assert.equal((await publish(alice, own)).status, 201)
  const install = async (registry: string, place: string): Promise<string> => {
    const npm = await createNpm('npm12', { folder: join(folder.path, place), registry })
    const cwd = join(folder.path, place, 'project')
    await mkdir(cwd)
    await writeFile(join(cwd, 'package.json'), '{"dependencies":{"own":"1.0.0"}}')
    const { code, shown } = await npm.run(['install'], { cwd })
    assert.equal(code, 0, shown)
    return readFile(join(cwd, 'node_modules/@lib/b/package.json'), 'utf8')
  }
  const installed = await install(server.url, 'first')
  await using web = await serveFolder(join(folder.path, 'mirror'))
  const made = await mirrorUntilLearned(folder.path, server.url, web.url)
  assert.match(made, /Tarballs: 3, /)
  const packed = await stele(folder.path, 'mirror', 'pack', 'mirror', 'pack.tar')
  assert.equal(packed.code, 0, packed.shown)
  await server.stop()
  upstream.setDown(true)

  assert.equal(await install(`${web.url}/npm`, 'second'), installed)
  const listed = (await readdir(join(folder.path, 'mirror/npm'))).toSorted()
  assert.deepEqual(listed, ['-', '@lib', 'app-a', 'own'])
  for (const [from, to] of [
    [web.url, 'mirror-of-mirror'],
    ['mirror', 'mirror-of-folder'],
  ] as const) {
    const again = await stele(folder.path, 'mirror', from, to, '--base-url', web.url)
    assert.match(again.shown, /Tarballs: 3, 3 of them new/)
  }
  const unpacked = await stele(folder.path, 'mirror', 'unpack', 'pack.tar', 'inside')
  assert.match(unpacked.shown, /Tarballs: 3, 3 of them new/)
  const checked = await stele(folder.path, 'mirror', 'check', web.url)
  assert.equal(checked.code, 0, checked.shown)
  const verified = await stele(folder.path, 'verify', 'mirror')
  assert.equal(verified.code, 0, verified.shown)
})

/** Mirrors until the registry has looked into all that it gave: it does so once requests are quiet. */
async function mirrorUntilLearned(cwd: string, url: string, baseUrl: string): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const { code, shown } = await stele(cwd, 'mirror', url, 'mirror', '--base-url', baseUrl)
    assert.equal(code, 0, shown)
    if (!/Not mirrored yet/.test(shown)) return shown
    await sleep(200)
  }
  return assert.fail('The registry never looked into what it gave')
}

test('stele mirror goes on after kill -9 at any moment, and what is listed is there', async () => {
  await using folder = await makeFolder('mirror-kill')
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  for (let at = 0; at < 60; at++) {
    const upload = makeUpload({ name: `package-${at}`, version: '1.0.0' }, `${at}`.repeat(20_000))
    assert.equal((await publish(alice, upload)).status, 201)
  }
  let kills = 0
  for (const afterMs of [20, 60, 120, 200]) {
    if (await mirrorAndKill(folder.path, server.url, afterMs)) kills++
    await assertListedIsThere(join(folder.path, 'mirror'))
  }
  assert.ok(kills > 1, `${kills} kills`)
  const baseUrl = ['--base-url', 'https://mirror.example'] as const
  const last = await stele(folder.path, 'mirror', server.url, 'mirror', ...baseUrl)
  assert.equal(last.code, 0, last.shown)
  assert.equal((await assertListedIsThere(join(folder.path, 'mirror'))).length, 60)
  const verified = await stele(folder.path, 'verify', 'mirror')
  assert.equal(verified.code, 0, verified.shown)
})

test('stele mirror says what is wrong when the folder is not its own, and touches nothing there', async () => {
  await using folder = await makeFolder('mirror-foreign')
  await using server = await startServer()
  await mkdir(join(folder.path, 'mirror'))
  await writeFile(join(folder.path, 'mirror/thesis.txt'), 'mine')
  const { code, stderr } = await stele(folder.path, 'mirror', server.url, 'mirror')
  assert.equal(code, 1)
  assert.match(stderr, /holds "thesis\.txt"/)
  assert.deepEqual(await readdir(join(folder.path, 'mirror')), ['thesis.txt'])
})

/** Names whose packuments are there: each version's tarball is. */
async function assertListedIsThere(root: string): Promise<readonly string[]> {
  const listed = await readdir(join(root, 'npm')).catch(() => [])
  const names = listed.filter((name) => name !== '-')
  for (const name of names) {
    const { versions } = JSON.parse(await readFile(join(root, 'npm', name), 'utf8'))
    for (const { dist } of Object.values<{ dist: { tarball: string } }>(versions)) {
      await readFile(join(root, new URL(dist.tarball).pathname))
    }
  }
  return names
}

function stele(cwd: string, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
}

/** Kills it some milliseconds after it knows how much there is to do. Says whether it was still running. */
async function mirrorAndKill(cwd: string, url: string, afterMs: number): Promise<boolean> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  const args = [mainFile, 'mirror', url, 'mirror', '--base-url', 'https://mirror.example']
  const child = spawnOwn(process.execPath, args, { cwd, env })
  return await new Promise((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal === 'SIGKILL'))
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('Downloading')) setTimeout(() => killGroup(child), afterMs)
    })
  })
}
