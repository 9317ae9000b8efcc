// One registry under several addresses: tarballs are named at the one that the client used (npm-wire U3, U4).
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { startNginx } from './nginx.ts'
import { createNpm, credentials, type Npm, npmVersions } from './npm-client.ts'
import { readJson, setFolder } from './npm-world.ts'
import { makeUpload, publish, readPackument, signUp } from './registry-client.ts'
import { assertNoTrouble, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const packageName = '@team/tool'

for (const version of npmVersions) {
  suite(version, () => {
    test(`${version} installs under 127.0.0.1 what was published under localhost`, async () => {
      await using server = await startServer({ flags: ['--host', '127.0.0.1'] })
      await using folder = await makeFolder(version)
      const registry = `http://localhost:${server.port}`
      const npm = await createNpm(version, { folder: folder.path, registry })
      await enter(npm, folder)
      await publishTool(npm, folder, '1.0.0')
      for (const host of ['localhost', '127.0.0.1']) {
        const url = `http://${host}:${server.port}`
        const other = await createNpm(version, { folder: join(folder.path, host), registry: url })
        await installTool(other, folder, url)
      }
      assertNoTrouble(server.lines)
    })

    test(`${version} works below a mount path`, async () => {
      await using server = await startServer({ flags: ['--mount-path', '/npm/team'] })
      await using folder = await makeFolder(version)
      const registry = `${server.url}/npm/team`
      await playTrip(await createNpm(version, { folder: folder.path, registry }), folder, registry)
      const outside = await fetch(`${server.url}/@team/tool`)
      assert.equal(outside.status, 404)
      assertNoTrouble(server.lines)
    })

    test(`${version} works through nginx, at the root and below a path`, async () => {
      const flags = ['--trusted-proxies', '127.0.0.1', '--sign-up', 'open']
      await using server = await startServer({ flags: ['--host', '127.0.0.1', ...flags] })
      await using nginx = await startNginx(server.port)
      for (const registry of [nginx.rootUrl, nginx.prefixUrl]) {
        await using folder = await makeFolder(version)
        const npm = await createNpm(version, { folder: folder.path, registry })
        const name = registry === nginx.rootUrl ? '@team/root' : '@team/below'
        await playTrip(npm, folder, registry, name)
      }
      assertNoTrouble(server.lines)
    })
  })
}

test('a packument names its tarballs at the address that was asked, and has an ETag for each', async () => {
  await using server = await startServer({ flags: ['--host', '127.0.0.1'] })
  const client = await signUp(`http://localhost:${server.port}`, 'alice')
  await publish(client, makeUpload({ name: packageName, version: '1.0.0' }))
  const etags = new Set<string | null>()
  for (const host of ['localhost', '127.0.0.1', 'localhost', '127.0.0.1']) {
    const url = `http://${host}:${server.port}`
    const response = await fetch(`${url}/${packageName}`)
    etags.add(response.headers.get('etag'))
    const { dist } = (await readPackument(url, packageName))?.versions['1.0.0'] ?? {}
    assert.equal(dist?.tarball, `${url}/@team/tool/-/tool-1.0.0.tgz`)
  }
  assert.equal(etags.size, 2)
})

test('a packument names its tarballs at the public address, whatever was asked', async () => {
  const publicUrl = 'https://registry.example/npm'
  const flags = ['--public-url', publicUrl, '--sign-up', 'open']
  await using server = await startServer({ flags })
  const client = await signUp(server.url, 'alice')
  await publish(client, makeUpload({ name: packageName, version: '1.0.0' }))
  const { dist } = (await readPackument(server.url, packageName))?.versions['1.0.0'] ?? {}
  assert.equal(dist?.tarball, `${publicUrl}/@team/tool/-/tool-1.0.0.tgz`)
})

test('forwarding headers count from trusted proxies alone', async () => {
  const headers = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/away',
    forwarded: 'host=evil.example;proto=https',
  }
  const tarballAt = async (flags: readonly string[]): Promise<string> => {
    await using server = await startServer({ flags })
    const client = await signUp(server.url, 'alice')
    await publish(client, makeUpload({ name: 'tool', version: '1.0.0' }))
    const response = await fetch(`${server.url}/tool/1.0.0`, { headers })
    const { dist } = (await response.json()) as { dist: { tarball: string } }
    return dist.tarball
  }
  assert.match(await tarballAt([]), /^http:\/\/localhost:\d+\/tool\/-\/tool-1\.0\.0\.tgz$/)
  assert.match(
    await tarballAt(['--trusted-proxies', '192.0.2.0/24', '--sign-up', 'open']),
    /^http:\/\/localhost:\d+\/tool\/-\//,
  )
})

test('a packument behind a proxy that ends TLS names its tarballs with https', async () => {
  const flags = ['--trusted-proxies', '127.0.0.1', '--sign-up', 'open']
  await using server = await startServer({ flags: ['--host', '127.0.0.1', ...flags] })
  await using nginx = await startNginx(server.port)
  const client = await signUp(nginx.tlsUrl, 'alice')
  await publish(client, makeUpload({ name: 'tool', version: '1.0.0' }))
  const { dist } = (await readPackument(nginx.tlsUrl, 'tool'))?.versions['1.0.0'] ?? {}
  const wanted = `${nginx.tlsUrl.replace('http:', 'https:')}/tool/-/tool-1.0.0.tgz`
  assert.equal(dist?.tarball, wanted)
})

/** Log in, publish twice, install, unpublish one version: everything whose requests depend on the address. */
async function playTrip(
  npm: Npm,
  folder: Folder,
  registry: string,
  name = packageName,
): Promise<void> {
  await enter(npm, folder)
  await publishTool(npm, folder, '1.0.0', name)
  await publishTool(npm, folder, '1.1.0', name)
  await installTool(npm, folder, registry, name)
  const removed = await npm.run(['unpublish', `${name}@1.1.0`], { cwd: folder.path })
  assert.equal(removed.code, 0, removed.shown)
  const packument = await readPackument(registry, name)
  assert.deepEqual(Object.keys(packument?.versions ?? {}), ['1.0.0'])
  assert.deepEqual(packument?.['dist-tags'], { latest: '1.0.0' })
}

async function enter(npm: Npm, folder: Folder): Promise<void> {
  const answers = credentials('alice', 'correct horse')
  const entered = await npm.run(['login', '--auth-type=legacy'], { cwd: folder.path, answers })
  assert.equal(entered.code, 0, entered.shown)
}

async function publishTool(
  npm: Npm,
  folder: Folder,
  version: string,
  name = packageName,
): Promise<void> {
  const cwd = join(folder.path, 'tool')
  await setFolder(cwd, { 'package.json': { name, version }, 'index.js': 'module.exports = 1\n' })
  const published = await npm.run(['publish'], { cwd })
  assert.equal(published.code, 0, published.shown)
}

async function installTool(
  npm: Npm,
  folder: Folder,
  registry: string,
  name = packageName,
): Promise<void> {
  const cwd = join(folder.path, 'app')
  await setFolder(cwd, { 'package.json': { name: 'app', version: '1.0.0' } })
  const installed = await npm.run(['install', name], { cwd })
  assert.equal(installed.code, 0, installed.shown)
  const lock = JSON.stringify(readJson(join(cwd, 'package-lock.json')))
  assert.ok(lock.includes(`"resolved":"${registry}/${name}/-/`), lock)
}
