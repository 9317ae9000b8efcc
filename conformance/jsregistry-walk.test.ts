// A walk through the JS Registry's document and docs/jsregistry.md with curl: what they print is what a server prints.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeZip } from '../packages/faces/test/make-zip.ts'
import { createNpm } from './npm-client.ts'
import { runProgram } from './processes.ts'
import { makeUpload, memberOf, publish, signUp } from './registry-client.ts'
import { assertNoTrouble, assertVerifies, readCheckpoint, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

type Curl = (...args: readonly string[]) => Promise<unknown>

/** curl, whose answers are printed, and read as JSON. */
function createCurl(t: TestContext, cwd: string): Curl {
  return async (...args) => {
    const env = { PATH: process.env['PATH'] }
    const { shown } = await runProgram('curl', ['-sS', ...args], { cwd, env, timeoutMs: 30_000 })
    const value: unknown = JSON.parse(shown)
    t.diagnostic(`curl ${args.filter((arg) => !arg.includes('Bearer')).join(' ')}`)
    t.diagnostic(JSON.stringify(value))
    return value
  }
}

async function digestOf(address: string): Promise<string> {
  const response = await fetch(address)
  assert.equal(response.status, 200, address)
  return createHash('sha1')
    .update(await response.bytes())
    .digest('hex')
}

/** The document's bundle, as map.apps has it: a manifest.json and no package.json. */
const bundle = makeZip([
  {
    path: 'aceeditor/manifest.json',
    content: JSON.stringify({
      name: 'aceeditor',
      'ACE-VERSION': '1.1.1',
      version: '3.1.0-SNAPSHOT',
      location: '/js/bundles/base/aceeditor',
    }),
  },
  { path: 'aceeditor/module.js', content: 'define([], function () {})\n' },
])

test('the document prints what a server prints for the bundle that it shows', async (t) => {
  await using server = await startServer()
  await using folder = await makeFolder('jsregistry-walk')
  const { token } = await signUp(server.url, 'max')
  const curl = createCurl(t, folder.path)
  const home = `${server.url}/resources/jsregistry`
  const authorized = ['-H', `Authorization: Bearer ${token}`]
  await writeFile(join(folder.path, 'base.zip'), bundle)
  const said = await curl(...authorized, '-F', 'file=@base.zip', `${home}/upload`)
  assert.equal(memberOf(said, 'name'), 'aceeditor@3.1.0-SNAPSHOT')
  assert.deepEqual(await curl(home), {
    root: `${home}/root`,
    packs: `${home}/packs`,
    upload: `${home}/upload`,
  })

  // GET /resources/jsregistry/root/<name>/<version>?dist=true
  const address = `${home}/root/aceeditor/3.1.0-SNAPSHOT`
  const plain = {
    name: 'aceeditor',
    'ACE-VERSION': '1.1.1',
    version: '3.1.0-SNAPSHOT',
    _id: 'aceeditor@3.1.0-SNAPSHOT',
    location: address,
  }
  const files = `${home}/root/aceeditor/-/aceeditor@3.1.0-SNAPSHOT`
  const wanted = {
    zip: `${files}.zip`,
    zip_shasum: await digestOf(`${files}.zip`),
    tarball: `${files}.tgz`,
    shasum: await digestOf(`${files}.tgz`),
  }
  const npmAgent = ['-A', 'npm/11.0.0 node/v24.0.0 linux x64']
  for (const shown of [await curl(`${address}?dist=true`), await curl(...npmAgent, address)]) {
    for (const [member, value] of Object.entries(plain)) {
      assert.equal(memberOf(shown, member), value, member)
    }
    for (const [member, value] of Object.entries(wanted)) {
      assert.equal(memberOf(memberOf(shown, 'dist'), member), value, member)
    }
  }
  assert.equal(memberOf(await curl(address), 'dist'), undefined)

  // Packs, and their deletion.
  const filtered = ['-G', `${home}/packs`, '--data-urlencode', 'filter=name like "ace*"']
  assert.equal(memberOf(await curl(...filtered, '-d', 'range=0-24'), 'total'), 1)
  const { size } = await readCheckpoint(server.url)
  const pack = `${home}/packs?id=aceeditor@3.1.0-SNAPSHOT`
  assert.match(String(memberOf(await curl('-X', 'DELETE', pack), 'error')), /no credentials/)
  const removed = await curl('-X', 'DELETE', ...authorized, pack)
  assert.deepEqual(removed, { ok: true, id: 'aceeditor@3.1.0-SNAPSHOT' })
  assert.equal((await readCheckpoint(server.url)).size, size + 1, 'it is in the log')
  assert.match(String(memberOf(await curl(address), 'error')), /unpublished/)
  const again = await curl(...authorized, '-F', 'file=@base.zip', `${home}/upload`)
  assert.match(String(memberOf(again, 'error')), /aceeditor@3\.1\.0-SNAPSHOT/)
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('npm is told why it cannot install where jsregistry.distribution.enabled is false', async (t) => {
  await using folder = await makeFolder('jsregistry-walk')
  const config = join(folder.path, 'stele.yaml')
  await writeFile(config, 'jsregistry.distribution.enabled: false\n')
  await using server = await startServer({ flags: ['--config', config] })
  const client = await signUp(server.url, 'max')
  const { status } = await publish(client, makeUpload({ name: 'map', version: '3.1.0' }))
  assert.equal(status, 201)
  const tree = `${server.url}/resources/jsregistry/root`
  const shown = await createCurl(t, folder.path)(`${tree}/map/3.1.0?dist=true`)
  assert.deepEqual(Object.keys(Object(shown)).includes('dist'), false)
  const npm = await createNpm('npm12', { folder: folder.path, registry: tree })
  const installed = await npm.run(['install', 'map@3.1.0'], { cwd: folder.path })
  assert.notEqual(installed.code, 0)
  assert.match(installed.shown, /jsregistry\.distribution\.enabled/)
  assertNoTrouble(server.lines)
})
