// The JS Registry's document, "npm Compatibility", step by step: what it prints is asked of a real server, and npm installs from it.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeZip } from '../packages/faces/test/make-zip.ts'
import { createNpm, type NpmVersion, npmVersions } from './npm-client.ts'
import { killGroup, spawnOwn, waitForLine } from './processes.ts'
import { makeUpload, memberOf, publish, type RegistryClient, signUp } from './registry-client.ts'
import { assertNoTrouble, assertVerifies, mainFile, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const tree = '/resources/jsregistry/root'
const versions: readonly NpmVersion[] = ['npm10', ...npmVersions]

/** map 3.0.0, 3.1.0 and 3.1.0-SNAPSHOT, which need what the document's project lists. */
async function publishMaps(client: RegistryClient): Promise<void> {
  for (const [name, version, dependencies] of [
    ['geometryservice', '3.1.0-SNAPSHOT', {}],
    ['coordinatetransformer', '3.1.0-SNAPSHOT', { geometryservice: '3.1.0-SNAPSHOT' }],
    ['map', '3.1.0-SNAPSHOT', { geometryservice: '3.1.0-SNAPSHOT' }],
    ['map', '3.0.0', {}],
    ['map', '3.1.0', { geometryservice: '>=3.1.0-SNAPSHOT' }],
  ] as const) {
    const tag = version.includes('-') ? 'snapshot' : 'latest'
    const release = makeUpload({ name, version, dependencies, tag })
    const { status, json } = await publish(client, release)
    assert.equal(status, 201, JSON.stringify(json))
  }
}

async function read(address: string): Promise<Record<string, unknown>> {
  const response = await fetch(address, { headers: { accept: 'application/json' } })
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  const value: unknown = await response.json()
  assert.ok(typeof value === 'object' && value !== null)
  return { ...value }
}

test('a reader of CommonJS comes from the root to the bytes of a tarball by addresses alone', async () => {
  await using server = await startServer()
  const client = await signUp(server.url, 'max')
  await publishMaps(client)
  const root = await read(`${server.url}${tree}`)
  assert.deepEqual(Object.keys(root), ['coordinatetransformer', 'geometryservice', 'map'])
  const pack = await read(String(root['map']))
  assert.equal(pack['name'], 'map')
  assert.deepEqual(Object.keys(Object(pack['versions'])), ['3.1.0-SNAPSHOT', '3.0.0', '3.1.0'])
  const address = String(memberOf(pack['versions'], '3.1.0-SNAPSHOT'))
  const plain = await read(address)
  assert.equal(plain['_id'], 'map@3.1.0-SNAPSHOT')
  assert.equal(plain['location'], address)
  assert.equal(plain['dist'], undefined)
  const { dist } = await read(`${address}?dist=true`)
  const tarball = String(memberOf(dist, 'tarball'))
  assert.equal(tarball, `${server.url}${tree}/map/-/map@3.1.0-SNAPSHOT.tgz`)
  const bytes = Buffer.from(await (await fetch(tarball)).arrayBuffer())
  assert.equal(hash('sha1', bytes, 'hex'), memberOf(dist, 'shasum'))
  assert.equal(`sha512-${hash('sha512', bytes, 'base64')}`, memberOf(dist, 'integrity'))
  const zip = Buffer.from(await (await fetch(String(memberOf(dist, 'zip')))).arrayBuffer())
  assert.equal(memberOf(dist, 'zip'), tarball.replace(/tgz$/, 'zip'))
  assert.equal(hash('sha1', zip, 'hex'), memberOf(dist, 'zip_shasum'))
  for (const wanted of ['3.1.0', 'latest']) {
    const file = await fetch(`${String(root['map'])}/${wanted}/index.js`)
    assert.equal(await file.text(), 'module.exports = "map@3.1.0"\n')
  }
  const query = new URLSearchParams({ filter: 'name like "m*"', sort: '-version', range: '0-0' })
  const packs = await read(`${server.url}/resources/jsregistry/packs?${query.toString()}`)
  assert.equal(packs['total'], 3)
  const [newest] = Array.isArray(packs['items']) ? packs['items'] : []
  assert.equal(memberOf(newest, 'id'), 'map@3.1.0-SNAPSHOT')
  assert.equal(memberOf(newest, 'createdBy'), 'max')
  assert.ok(Date.parse(String(memberOf(newest, 'createdAt'))) > 0)
  assert.equal(memberOf(newest, 'location'), address)
  const missing = await read(`${server.url}${tree}/nowhere`)
  assert.match(String(missing['error']), /Cannot find the package "nowhere"/)
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('what is uploaded as a WebJar is a release like any other', async () => {
  await using server = await startServer()
  await using folder = await makeFolder('jsregistry')
  const { token } = await signUp(server.url, 'max')
  const manifest = { name: 'map', version: '3.1.0', main: 'map.js' }
  const place = 'META-INF/resources/webjars/map/3.1.0'
  const jar = makeZip([
    { path: 'META-INF/MANIFEST.MF', content: 'Manifest-Version: 1.0\r\n' },
    { path: `${place}/package.json`, content: JSON.stringify(manifest) },
    { path: `${place}/map.js`, content: 'module.exports = "from a jar"\n' },
  ])
  const upload = async (bytes: Uint8Array): Promise<Response> => {
    const body = new FormData()
    body.append('file', new Blob([new Uint8Array(bytes)]), 'map-3.1.0.jar')
    const headers = { authorization: `Bearer ${token}` }
    const address = `${server.url}/resources/jsregistry/upload`
    return fetch(address, { method: 'POST', body, headers })
  }
  const first = await upload(jar)
  const said: unknown = await first.json()
  assert.equal(first.status, 201, JSON.stringify(said))
  assert.equal(memberOf(said, 'file'), 'map-3.1.0.jar')
  assert.equal(memberOf(said, 'name'), 'map@3.1.0')
  assert.equal(memberOf(said, 'type'), 'jar')
  assert.equal((await upload(jar)).status, 409)
  const broken = await upload(jar.subarray(0, 300))
  assert.equal(broken.status, 400)
  assert.match(String(memberOf(await broken.json(), 'error')), /not a sound zip archive/)

  const npm = await createNpm('npm12', { folder: folder.path, registry: `${server.url}${tree}` })
  const { code, shown } = await npm.run(['install', 'map@3.1.0'], { cwd: folder.path })
  assert.equal(code, 0, shown)
  const file = await readFile(join(folder.path, 'node_modules/map/map.js'), 'utf8')
  assert.equal(file, 'module.exports = "from a jar"\n')
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('an archive whose upload is cut short by kill -9 is sent again, and then all of it is there', async () => {
  await using folder = await makeFolder('jsregistry-killed')
  const names = Array.from({ length: 80 }, (_, at) => `p${at}`)
  const zip = makeZip(
    names.map((name) => ({
      path: `${name}/package.json`,
      content: JSON.stringify({ name, version: '1.0.0' }),
    })),
  )
  const listed = async (url: string): Promise<number> =>
    Object.keys(await read(`${url}${tree}`)).length
  const upload = async (url: string, token: string): Promise<Response> => {
    const body = new FormData()
    body.append('file', new Blob([new Uint8Array(zip)]), 'all.zip')
    const headers = { authorization: `Bearer ${token}` }
    return fetch(`${url}/resources/jsregistry/upload`, { method: 'POST', body, headers })
  }

  const args = [mainFile, 'serve', '--dir', folder.path, '--port', '0']
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  const child = spawnOwn(process.execPath, args, { cwd: folder.path, env })
  child.stdout.resume()
  const { url } = JSON.parse(await waitForLine(child, /"event":"listening"/, 30_000))
  const { token } = await signUp(url, 'max')
  const cut = upload(url, token).catch(() => undefined)
  while ((await listed(url)) < 5) await new Promise(setImmediate)
  killGroup(child)
  await cut

  await using server = await startServer({ dir: folder.path })
  const before = await listed(server.url)
  assert.ok(before >= 5 && before < names.length, `${before} were there`)
  const again = await upload(server.url, token)
  assert.equal(again.status, 201, await again.text())
  assert.equal(await listed(server.url), names.length)
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

for (const version of versions) {
  test(`${version} installs from the tree as the document has it`, async () => {
    await using server = await startServer()
    await using folder = await makeFolder('jsregistry')
    await publishMaps(await signUp(server.url, 'max'))
    const npm = await createNpm(version, { folder: folder.path })
    const registry = `--registry=${server.url}${tree}`
    const installed = async (project: string, name: string): Promise<unknown> => {
      const file = join(folder.path, project, 'node_modules', name, 'package.json')
      return JSON.parse(await readFile(file, 'utf8')).version
    }
    const install = async (project: string, ...specs: string[]): Promise<void> => {
      const cwd = join(folder.path, project)
      await mkdir(cwd, { recursive: true })
      const { code, shown } = await npm.run([registry, 'install', ...specs], { cwd })
      assert.equal(code, 0, shown)
    }

    await install('newest', 'map')
    assert.equal(await installed('newest', 'map'), '3.1.0')
    await install('named', 'map@3.1.0')
    assert.equal(await installed('named', 'map'), '3.1.0')
    assert.equal(await installed('named', 'geometryservice'), '3.1.0-SNAPSHOT')

    await mkdir(join(folder.path, 'project'))
    const dependencies = {
      map: '3.1.0-SNAPSHOT',
      coordinatetransformer: '3.1.0-SNAPSHOT',
      geometryservice: '3.1.0-SNAPSHOT',
    }
    const manifest = { name: 'myproject', version: '1.0.0', dependencies }
    await writeFile(join(folder.path, 'project/package.json'), JSON.stringify(manifest))
    await install('project')
    for (const [name, wanted] of Object.entries(dependencies)) {
      assert.equal(await installed('project', name), wanted)
    }
    const lock = await readFile(join(folder.path, 'project/package-lock.json'), 'utf8')
    assert.match(lock, /"resolved": "http:\/\/[^"]*\/resources\/jsregistry\/root\/map\/-\//)
    assert.match(lock, /"integrity": "sha512-/)
    assertNoTrouble(server.lines)
  })
}
