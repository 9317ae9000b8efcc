// mnpm against a real server: what is put there npm installs, and what is said of it is true of its bytes.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNpm, npmVersions } from './npm-client.ts'
import { signUp } from './registry-client.ts'
import { moduleDocument, publishDocument } from './sample-package.ts'
import { assertNoTrouble, assertVerifies, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const mirror = 'https://mirror.example/basepath'

for (const version of npmVersions) {
  test(`${version} installs a module that was put through mnpm, with its dependency`, async () => {
    await using server = await startServer({ flags: ['--mnpm-mirrors', mirror] })
    await using folder = await makeFolder('mnpm')
    const { url } = server
    const max = await signUp(url, 'max')
    const put = moduleDocument('mirrored', '1.0.0')
    assert.equal((await max.send('PUT', '/-/mnpm/module', put)).status, 201)
    assert.equal((await max.send('PUT', '/-/mnpm/module', put)).status, 409)
    const leftPad = publishDocument('left-pad', '1.0.0')
    assert.equal((await max.send('PUT', '/left-pad', leftPad)).status, 201)

    const npm = await createNpm(version, { folder: folder.path, registry: url })
    const cwd = join(folder.path, 'project')
    await mkdir(cwd)
    const installed = await npm.run(['install', 'mirrored'], { cwd })
    assert.equal(installed.code, 0, installed.shown)
    const manifest = await readFile(join(cwd, 'node_modules/mirrored/package.json'), 'utf8')
    assert.match(manifest, /"version": "1\.0\.0"/)
    await readFile(join(cwd, 'node_modules/left-pad/index.js'))

    const { json } = await max.send('GET', '/-/mnpm/checksum?name=mirrored&version=1.0.0')
    const tarball = Buffer.from(String(put['tarball']), 'base64')
    assert.deepEqual(json, {
      checksum: hash('sha512', tarball, 'hex'),
      algorithm: 'sha512',
      integrity: `sha512-${hash('sha512', tarball, 'base64')}`,
    })
    const lock = await readFile(join(cwd, 'package-lock.json'), 'utf8')
    assert.ok(lock.includes(hash('sha512', tarball, 'base64')))
    const mirrors = await max.send('GET', '/-/mnpm/mirrors')
    assert.deepEqual(mirrors.json, { mirrors: [mirror] })
    assertNoTrouble(server.lines)
    await assertVerifies(url)
  })
}
