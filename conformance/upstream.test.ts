// A registry in front of an upstream that cannot be trusted: what was seen once is what everybody gets.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { createNpm, npmVersions } from './npm-client.ts'
import { runProgram } from './processes.ts'
import { makeUpload, publish, readPackument, signUp } from './registry-client.ts'
import { assertNoTrouble, assertVerifies, mainFile, type Server, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

/** A server in front of the upstream, which is called `up` in its log. */
function startProxy(
  upstream: EvilUpstream,
  { dir, flags = [] }: { readonly dir?: string; readonly flags?: readonly string[] } = {},
): Promise<Server> {
  const upstreams = JSON.stringify([{ id: 'up', url: upstream.url }])
  return startServer({
    ...(dir === undefined ? {} : { dir }),
    flags: ['--upstreams', upstreams, ...flags],
  })
}

/** A small application: `app-a` depends on `@lib/b`, which depends on `c`. */
function putApplication(upstream: EvilUpstream): void {
  upstream.put('app-a', [{ version: '1.0.0', manifest: { dependencies: { '@lib/b': '^1.0.0' } } }])
  upstream.put('@lib/b', [
    { version: '1.0.0' },
    { version: '1.1.0', manifest: { dependencies: { c: '*' } } },
  ])
  upstream.put('c', [{ version: '3.0.0' }])
}

async function tarballOf(server: Server, name: string, version: string): Promise<Response> {
  return fetch(`${server.url}/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`)
}

for (const version of npmVersions) {
  suite(version, () => {
    test(`${version} installs through a cold registry, a warm one, one without its upstream, and after a restart`, async () => {
      await using upstream = await startEvilUpstream()
      await using folder = await makeFolder(version)
      putApplication(upstream)
      const dir = join(folder.path, 'data')
      await mkdir(dir)
      const installed: string[] = []
      const install = async (server: Server, name: string): Promise<void> => {
        const place = join(folder.path, name)
        const npm = await createNpm(version, { folder: place, registry: server.url })
        const cwd = join(place, 'app')
        await mkdir(cwd, { recursive: true })
        await writeFile(join(cwd, 'package.json'), '{"name":"app","version":"1.0.0"}')
        const { code, shown } = await npm.run(['install', 'app-a'], { cwd })
        assert.equal(code, 0, shown)
        const texts = ['app-a', '@lib/b', 'c'].map((one) =>
          readFileSync(join(cwd, 'node_modules', one, 'index.js'), 'utf8'),
        )
        installed.push(texts.join(''))
      }
      {
        await using server = await startProxy(upstream, { dir })
        await install(server, 'cold')
        await install(server, 'warm')
        assertNoTrouble(server.lines)
        upstream.setDown(true)
        await install(server, 'alone')
      }
      await using again = await startProxy(upstream, { dir })
      await install(again, 'restarted')
      upstream.setDown(false)
      await assertVerifies(again.url)
      assert.equal(new Set(installed).size, 1)
      assert.match(installed[0] ?? '', /app-a@1.0.0.*@lib\/b@1.1.0.*c@3.0.0/s)
      const tarballs = upstream.asked.filter((path) => path.endsWith('.tgz'))
      assert.equal(tarballs.length, 3)
    })
  })
}

test('fifty clients on a cold package cost its upstream one request, and on a cold tarball one more', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('a', [{ version: '1.0.0' }])
  await using server = await startProxy(upstream)
  const all = await Promise.all(Array.from({ length: 50 }, () => readPackument(server.url, 'a')))
  assert.equal(new Set(all.map((one) => JSON.stringify(one))).size, 1)
  assert.deepEqual(upstream.asked, ['/a'])
  const tarballs = await Promise.all(
    Array.from({ length: 50 }, () => tarballOf(server, 'a', '1.0.0')),
  )
  const digests = await Promise.all(
    tarballs.map(async (one) => hash('sha512', Buffer.from(await one.arrayBuffer()))),
  )
  assert.equal(new Set(digests).size, 1)
  assert.deepEqual(upstream.asked, ['/a', '/a/-/a-1.0.0.tgz'])
  assertNoTrouble(server.lines)
})

test('an upstream that swaps a tarball before it is fetched is refused, with both digests', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('a', [{ version: '1.0.0' }])
  await using server = await startProxy(upstream)
  const first = await readPackument(server.url, 'a')
  const pinned = first?.versions['1.0.0']?.dist.integrity ?? ''
  upstream.spoil('/a/-/a-1.0.0.tgz', { body: Buffer.from('evil') })
  const refused = await tarballOf(server, 'a', '1.0.0')
  assert.equal(refused.status, 409)
  const { error, code } = Object(await refused.json())
  assert.equal(code, 'upstream_changed')
  for (const digest of [pinned, `sha512-${hash('sha512', 'evil', 'base64')}`])
    assert.ok(error.includes(digest), error)
  upstream.spoil('/a/-/a-1.0.0.tgz', undefined)
  assert.equal((await tarballOf(server, 'a', '1.0.0')).status, 200)
  assert.ok(server.lines.some(({ event }) => event === 'upstream_conflict'))
})

test('a tarball that is cut off on the way is not kept, and comes whole the next time', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('a', [{ version: '1.0.0', text: 'x'.repeat(100) }])
  await using server = await startProxy(upstream)
  upstream.spoil('/a/-/a-1.0.0.tgz', { cutAfter: 50 })
  assert.equal((await tarballOf(server, 'a', '1.0.0')).status, 503)
  upstream.spoil('/a/-/a-1.0.0.tgz', undefined)
  assert.equal((await tarballOf(server, 'a', '1.0.0')).status, 200)
})

test('names that are private, reserved or hosted are never asked of the upstream', async () => {
  await using upstream = await startEvilUpstream()
  for (const name of ['@team/x', 'mine', 'secret']) upstream.put(name, [{ version: '9.0.0' }])
  await using server = await startProxy(upstream, { flags: ['--private', '@team/*,secret'] })
  const alice = await signUp(server.url, 'alice')
  upstream.put('mine', [])
  assert.equal((await publish(alice, makeUpload({ name: 'hosted', version: '1.0.0' }))).status, 201)
  const before = upstream.asked.length
  for (const name of ['@team/x', 'secret', 'hosted']) {
    await readPackument(server.url, name)
    await tarballOf(server, name, '9.0.0')
  }
  assert.equal(
    (await publish(alice, makeUpload({ name: '@team/x', version: '1.0.0' }))).status,
    201,
  )
  assert.deepEqual(upstream.asked.slice(before), [])
})

test('a registry verifies after names were taken over, whether they were only seen or installed too', async () => {
  await using upstream = await startEvilUpstream()
  for (const name of ['seen', 'installed']) upstream.put(name, [{ version: '1.0.0' }])
  await using server = await startProxy(upstream)
  const alice = await signUp(server.url, 'alice')
  for (const name of ['seen', 'installed']) await readPackument(server.url, name)
  assert.equal((await tarballOf(server, 'installed', '1.0.0')).status, 200)
  for (const name of ['seen', 'installed']) {
    const asked = ['reserve', 'add', name, '--for', 'alice', '--yes', '--dir', server.dir]
    const env = { PATH: process.env['PATH'], HOME: server.dir }
    const { code, shown } = await runProgram(process.execPath, [mainFile, ...asked], {
      cwd: server.dir,
      env,
    })
    assert.equal(code, 0, shown)
  }
  await assertVerifies(server.url)
  for (const name of ['seen', 'installed']) {
    const published = await publish(alice, makeUpload({ name, version: '2.0.0' }))
    assert.equal(published.status, 201, JSON.stringify(published.json))
  }
  await assertVerifies(server.url)
  const { versions } = (await readPackument(server.url, 'installed')) ?? { versions: {} }
  assert.deepEqual(Object.keys(versions), ['1.0.0', '2.0.0'])
})

test('a name is taken over with every tarball that was installed, and else only where that is said', async () => {
  await using upstream = await startEvilUpstream()
  for (const name of ['kept', 'lost']) upstream.put(name, [{ version: '1.0.0' }])
  await using server = await startProxy(upstream)
  await signUp(server.url, 'alice')
  for (const name of ['kept', 'lost']) {
    assert.equal((await tarballOf(server, name, '1.0.0')).status, 200)
  }
  await rm(join(server.dir, 'upstream'), { recursive: true })
  await mkdir(join(server.dir, 'upstream'))
  const reserve = async (name: string, ...more: readonly string[]) => {
    const asked = ['reserve', 'add', name, '--for', 'alice', '--yes', '--dir', server.dir, ...more]
    const env = { PATH: process.env['PATH'], HOME: server.dir }
    return runProgram(process.execPath, [mainFile, ...asked], { cwd: server.dir, env })
  }
  upstream.setDown(true)
  const refused = await reserve('kept')
  assert.equal(refused.code, 1, refused.shown)
  assert.match(refused.shown, /could not be fetched \(1\.0\.0: .*, or say --lose-missing/)
  const lost = await reserve('lost', '--lose-missing')
  assert.equal(lost.code, 0, lost.shown)
  upstream.setDown(false)
  const isKept = async (): Promise<boolean> => (await reserve('kept')).code === 0
  for (const endMs = Date.now() + 30_000; !(await isKept()); ) assert.ok(Date.now() < endMs)
  upstream.setDown(true)
  assert.equal((await tarballOf(server, 'kept', '1.0.0')).status, 200)
  assert.equal((await tarballOf(server, 'lost', '1.0.0')).status, 404)
})

test('a name that the upstream has cannot be published here, and says so', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('theirs', [{ version: '1.0.0' }])
  await using server = await startProxy(upstream)
  const alice = await signUp(server.url, 'alice')
  const { status, json } = await publish(alice, makeUpload({ name: 'theirs', version: '2.0.0' }))
  assert.equal(status, 403)
  assert.match(JSON.stringify(json), /the upstream \\"up\\" has a package of that name/)
  const tag = await alice.send('PUT', '/-/package/theirs/dist-tags/next', '1.0.0')
  assert.match(JSON.stringify(tag.json), /it belongs to the upstream \\"up\\"/)
})

test('when nothing answers, a cold name is refused at once in words, and is there when the upstream is', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('a', [{ version: '1.0.0' }])
  upstream.setDown(true)
  await using server = await startProxy(upstream)
  const refused = await fetch(`${server.url}/a`)
  assert.equal(refused.status, 503)
  assert.match(String(Object(await refused.json()).error), /the upstream "up" does not answer/)
  upstream.setDown(false)
  assert.ok((await readPackument(server.url, 'a')) !== undefined)
})

test('a blocked version is neither listed nor given, and the registry verifies without it', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('a', [{ version: '1.0.0' }, { version: '1.1.0' }])
  upstream.put('bad', [{ version: '1.0.0' }])
  await using folder = await makeFolder('blocked')
  {
    await using before = await startProxy(upstream, { dir: folder.path })
    assert.equal((await tarballOf(before, 'a', '1.1.0')).status, 200)
  }
  const flags = ['--upstream-blocked', 'a@>1.0.0,bad']
  await using server = await startProxy(upstream, { dir: folder.path, flags })
  const { versions } = (await readPackument(server.url, 'a')) ?? { versions: {} }
  assert.deepEqual(Object.keys(versions), ['1.0.0'])
  const tags = await fetch(`${server.url}/-/package/a/dist-tags`)
  assert.deepEqual(await tags.json(), { latest: '1.0.0' })
  const refused = await tarballOf(server, 'a', '1.1.0')
  assert.equal(refused.status, 403)
  assert.match(String(Object(await refused.json()).error), /this registry blocks "a@>1\.0\.0"/)
  assert.equal((await fetch(`${server.url}/bad`)).status, 403)
  assert.equal((await tarballOf(server, 'a', '1.0.0')).status, 200)
  await assertVerifies(server.url)
  assertNoTrouble(server.lines)
})

test('credentials in the address that npm is configured with are neither used nor printed', async () => {
  await using folder = await makeFolder('npmrc')
  await writeFile(join(folder.path, '.npmrc'), 'registry=https://me:hidden@registry.example/\n')
  const asked = ['serve', '--dir', join(folder.path, 'data'), '--port', '0', '--upstream', 'npm']
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  const { code, shown } = await runProgram(process.execPath, [mainFile, ...asked], {
    cwd: folder.path,
    env,
  })
  assert.equal(code, 2, shown)
  assert.match(shown, /upstream "npm" .* has credentials/)
  assert.doesNotMatch(shown, /hidden/)
})

test('tarballs that only this registry still has are given after the last upstream left the settings', async () => {
  await using upstream = await startEvilUpstream()
  for (const name of ['taken', 'theirs']) upstream.put(name, [{ version: '1.0.0' }])
  await using folder = await makeFolder('left')
  {
    await using before = await startProxy(upstream, { dir: folder.path })
    await signUp(before.url, 'alice')
    for (const name of ['taken', 'theirs'])
      assert.equal((await tarballOf(before, name, '1.0.0')).status, 200)
    const asked = ['reserve', 'add', 'taken', '--for', 'alice', '--yes', '--dir', before.dir]
    const env = { PATH: process.env['PATH'], HOME: before.dir }
    const { code, shown } = await runProgram(process.execPath, [mainFile, ...asked], {
      cwd: before.dir,
      env,
    })
    assert.equal(code, 0, shown)
  }
  await using server = await startServer({ dir: folder.path })
  assert.deepEqual(Object.keys((await readPackument(server.url, 'taken'))?.versions ?? {}), [
    '1.0.0',
  ])
  for (const name of ['taken', 'theirs'])
    assert.equal((await tarballOf(server, name, '1.0.0')).status, 200, name)
  assert.equal(await readPackument(server.url, 'theirs'), undefined)
  await assertVerifies(server.url)
  const [left, ...others] = server.lines.filter((line) => line['level'] === 'error')
  assert.equal(left?.event, 'upstream_left', 'The operator is told that an upstream is missing')
  assertNoTrouble(others)
})
