// Scanners of the JS Registry on a real server: packages in folders and JARs are located in the log, browsed, and installed where
// the document says that they can be.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeZip } from '../packages/faces/test/make-zip.ts'
import { readInstalled } from './client-matrix/tree.ts'
import { createNpm, type NpmVersion, npmVersions } from './npm-client.ts'
import { runProgram } from './processes.ts'
import { makeUpload, memberOf, publish, signUp } from './registry-client.ts'
import { askJson, putFiles, putPackage, tree, untilAnswer, untilLocated } from './scanned-folder.ts'
import { assertNoTrouble, assertVerifies, mainFile, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'
import { clients, install } from './tree-clients.ts'

const npms: readonly NpmVersion[] = ['npm10', ...npmVersions]
const flag = (name: string, value: string): readonly string[] => [
  `--jsregistry-directoryscanner-${name}`,
  value,
]
const textAt = async (address: string): Promise<string> => (await fetch(address)).text()

test('packages of a folder are in the tree and in packs, installed by npm, and nowhere else', async () => {
  await using folder = await makeFolder('scanner')
  const js = join(folder.path, 'js')
  const needs = { dependencies: { '@ct/geometry': '^1.0.0' } }
  await putPackage(join(js, 'map'), {
    name: 'map',
    version: '3.1.0-SNAPSHOT',
    title: 'A map',
    ...needs,
  })
  await putPackage(join(js, 'base/geometry'), { name: '@ct/geometry', version: '1.0.0' })
  await putPackage(join(js, 'tests/none'), { name: 'none', version: '1.0.0' })
  const flags = [
    ...flag('folder', js),
    ...flag('excludes', 'tests/**'),
    ...flag('build-distribution-files', 'true'),
  ]
  await using server = await startServer({ flags })
  await untilLocated(server.url, 'map', '3.1.0-SNAPSHOT')
  const root = `${server.url}${tree}`
  assert.deepEqual((await askJson(root)).json, {
    '@ct/geometry': `${root}/@ct/geometry`,
    map: `${root}/map`,
  })
  const { json: plain } = await askJson(`${root}/map/latest`)
  assert.equal(memberOf(plain, '_id'), 'map@3.1.0-SNAPSHOT')
  assert.equal(memberOf(plain, 'location'), `${root}/map/3.1.0-SNAPSHOT`)
  assert.equal(memberOf(plain, 'dist'), undefined)
  const dist = memberOf((await askJson(`${root}/map/3.1.0-SNAPSHOT?dist=true`)).json, 'dist')
  for (const [address, digest, name] of [
    ['tarball', 'sha1', 'shasum'],
    ['zip', 'sha1', 'zip_shasum'],
  ] as const) {
    const response = await fetch(String(memberOf(dist, address)))
    assert.equal(hash(digest, await response.bytes(), 'hex'), memberOf(dist, name))
  }
  assert.equal(
    await textAt(`${root}/map/3.1.0-SNAPSHOT/main.js`),
    "module.exports = 'map@3.1.0-SNAPSHOT'\n",
  )
  const packs = await askJson(`${server.url}/resources/jsregistry/packs?sort=-name`)
  assert.equal(memberOf(packs.json, 'total'), 2)
  assert.equal(memberOf(Object(memberOf(packs.json, 'items'))[0], 'title'), 'A map')
  assert.equal(
    (await askJson(`${server.url}/map`)).status,
    404,
    'npm’s own face knows nothing of it',
  )
  assert.equal(
    (await askJson(`${server.url}/-/v1/search?text=map`)).json &&
      memberOf((await askJson(`${server.url}/-/v1/search?text=map`)).json, 'total'),
    0,
  )
  for (const version of npms) {
    await using project = await makeFolder('scanner-project')
    const npm = await createNpm(version, { folder: project.path, registry: root })
    const { code, shown } = await npm.run(['install', 'map'], { cwd: project.path })
    assert.equal(code, 0, `${version}: ${shown}`)
    const main = await readFile(join(project.path, 'node_modules/@ct/geometry/main.js'), 'utf8')
    assert.equal(main, "module.exports = '@ct/geometry@1.0.0'\n")
  }
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('every client installs what was scanned', async () => {
  await using folder = await makeFolder('scanner-clients')
  const js = join(folder.path, 'js')
  await putPackage(join(js, 'map'), {
    name: 'map',
    version: '3.1.0',
    dependencies: { '@ct/tiles': '1.x' },
  })
  await putPackage(join(js, 'tiles'), { name: '@ct/tiles', version: '1.2.0' })
  const flags = [...flag('folder', js), ...flag('build-distribution-files', 'true')]
  await using server = await startServer({ flags })
  await untilLocated(server.url, 'map', '3.1.0')
  for (const client of clients) {
    const project = join(folder.path, client.name, 'project')
    const { code, shown } = await install(client, project, server.url + tree)
    assert.equal(code, 0, `${client.name}: ${shown}`)
    const installed = Object.keys(readInstalled(project).packages).sort()
    assert.deepEqual(installed, ['@ct/tiles@1.2.0', 'map@3.1.0'], client.name)
  }
  assertNoTrouble(server.lines)
})

test('a published release wins over a located one of the same name and version', async () => {
  await using folder = await makeFolder('scanner')
  for (const version of ['1.0.0', '2.0.0-SNAPSHOT'])
    await putPackage(join(folder.path, version), { name: 'map', version })
  const flags = [...flag('folder', folder.path), ...flag('build-distribution-files', 'true')]
  await using server = await startServer({ flags })
  await untilLocated(server.url, 'map', '1.0.0')
  const client = await signUp(server.url, 'max')
  assert.equal((await publish(client, makeUpload({ name: 'map', version: '1.0.0' }))).status, 201)
  const root = `${server.url}${tree}/map`
  assert.equal(await textAt(`${root}/1.0.0/index.js`), 'module.exports = "map@1.0.0"\n')
  assert.equal((await fetch(`${root}/1.0.0/main.js`)).status, 404)
  assert.equal(
    await textAt(`${root}/2.0.0-SNAPSHOT/main.js`),
    "module.exports = 'map@2.0.0-SNAPSHOT'\n",
  )
  const { json } = await askJson(root, { 'npm-command': 'install' })
  assert.deepEqual(memberOf(json, 'dist-tags'), { latest: '1.0.0' })
  const versions = memberOf(json, 'versions')
  assert.deepEqual(Object.keys(Object(versions)), ['1.0.0', '2.0.0-SNAPSHOT'])
  assert.match(JSON.stringify(memberOf(versions, '1.0.0')), /map-1\.0\.0\.tgz/)
  const removal = await fetch(`${server.url}/resources/jsregistry/packs?id=map@2.0.0-SNAPSHOT`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${client.token}` },
  })
  assert.match(String(memberOf(await removal.json(), 'error')), /located, not published/)
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('a WebJar is scanned and browsed; npm installs it once it is uploaded', async () => {
  await using folder = await makeFolder('scanner-jars')
  const place = 'META-INF/resources/webjars/map/3.1.0'
  const jar = makeZip([
    { path: 'META-INF/MANIFEST.MF', content: 'Manifest-Version: 1.0\r\n' },
    { path: `${place}/package.json`, content: JSON.stringify({ name: 'map', version: '3.1.0' }) },
    { path: `${place}/map.js`, content: 'module.exports = "from a jar"\n' },
  ])
  const bundles = makeZip([
    { path: 'META-INF/js-registry-packs.properties', content: 'packages=bundles/aceeditor' },
    {
      path: 'bundles/aceeditor/manifest.json',
      content: '{"name":"aceeditor","version":"3.1.0","layer":"x"}',
    },
  ])
  await putFiles(folder.path, { 'lib/map-3.1.0.jar': jar, 'ace.jar': bundles })
  const files = [join(folder.path, 'lib'), join(folder.path, 'ace.jar')].join(',')
  await using server = await startServer({ flags: ['--jsregistry-classpathscanner-files', files] })
  await untilLocated(server.url, 'map', '3.1.0')
  await untilLocated(server.url, 'aceeditor', '3.1.0')
  const root = `${server.url}${tree}`
  assert.equal(memberOf((await askJson(`${root}/aceeditor/3.1.0`)).json, 'layer'), 'x')
  assert.equal(memberOf((await askJson(`${root}/map/3.1.0?dist=true`)).json, 'dist'), undefined)
  assert.equal(await textAt(`${root}/map/latest/map.js`), 'module.exports = "from a jar"\n')
  const npm = await createNpm('npm12', { folder: folder.path, registry: root })
  const refused = await npm.run(['install', 'map@3.1.0'], { cwd: folder.path })
  assert.notEqual(refused.code, 0)
  assert.match(
    refused.shown,
    /distribution files of "map": it was found where it has none, as in a JAR; upload it/,
  )
  const { token } = await signUp(server.url, 'max')
  const body = new FormData()
  body.append('file', new Blob([new Uint8Array(jar)]), 'map-3.1.0.jar')
  const headers = { authorization: `Bearer ${token}` }
  const upload = `${server.url}/resources/jsregistry/upload`
  assert.equal((await fetch(upload, { method: 'POST', body, headers })).status, 201)
  const { code, shown } = await npm.run(['install', 'map@3.1.0'], { cwd: folder.path })
  assert.equal(code, 0, shown)
  const main = await readFile(join(folder.path, 'node_modules/map/map.js'), 'utf8')
  assert.equal(main, 'module.exports = "from a jar"\n')
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('where files do not stay where they lie, the log keeps them, and changes are taken in again', async () => {
  await using folder = await makeFolder('scanner')
  const js = join(folder.path, 'js')
  await putPackage(join(js, 'map'), { name: 'map', version: '1.0.0-SNAPSHOT' }, 'first()\n')
  const flags = [...flag('folder', js), ...flag('register-as-file-location', 'false')]
  await using data = await makeFolder('scanner-data')
  const main = `${tree}/map/1.0.0-SNAPSHOT/main.js`
  await using server = await startServer({ dir: data.path, flags })
  await untilLocated(server.url, 'map', '1.0.0-SNAPSHOT')
  await writeFile(join(js, 'map/main.js'), 'second()\n')
  assert.equal(
    await textAt(server.url + main),
    'first()\n',
    'it is served as it was, until it is taken in',
  )
  await untilAnswer(
    'second()',
    () => textAt(server.url + main),
    (text) => text === 'second()\n',
  )
  const npm = await createNpm('npm11', { folder: folder.path, registry: server.url + tree })
  const { code, shown } = await npm.run(['install', 'map@1.0.0-SNAPSHOT'], { cwd: folder.path })
  assert.equal(code, 0, shown)
  assert.equal(await readFile(join(folder.path, 'node_modules/map/main.js'), 'utf8'), 'second()\n')
  await rm(join(js, 'map'), { recursive: true })
  await untilAnswer(
    'its end',
    () => askJson(`${server.url}${tree}/map`),
    ({ status }) => status === 404,
  )
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('a tarball that the log keeps of a scanned package can be taken down', async () => {
  await using folder = await makeFolder('scanner')
  const js = join(folder.path, 'js')
  await putPackage(join(js, 'map'), { name: 'map', version: '1.0.0' })
  const flags = [...flag('folder', js), ...flag('register-as-file-location', 'false')]
  await using server = await startServer({ flags })
  await untilLocated(server.url, 'map', '1.0.0')
  const version = `${server.url}${tree}/map/1.0.0`
  const dist = memberOf((await askJson(`${version}?dist=true`)).json, 'dist')
  const tarball = String(memberOf(dist, 'tarball'))
  assert.equal((await fetch(`${version}/main.js`)).status, 200)
  assert.equal((await fetch(tarball)).status, 200)
  const args = [
    'takedown',
    String(memberOf(dist, 'integrity')),
    '--dir',
    server.dir,
    '--reason',
    'a test',
    '-y',
  ]
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  const { code, shown } = await runProgram(process.execPath, [mainFile, ...args], {
    cwd: folder.path,
    env,
  })
  assert.equal(code, 0, shown)
  for (const address of [`${version}/main.js`, tarball, tarball.replace(/tgz$/, 'zip')]) {
    const { status, json } = await askJson(address)
    assert.match(
      String(memberOf(json, 'error')),
      /the operator took it down \("a test"\)/,
      `${status} ${address}`,
    )
  }
  assertNoTrouble(server.lines)
})

test('a package that brings its zip along is installed from that, and told to lie where the operator says', async () => {
  await using folder = await makeFolder('scanner')
  const manifest = { name: 'map', version: '1.0.0' }
  await putPackage(join(folder.path, 'base/map'), manifest)
  const zip = makeZip([
    { path: 'package.json', content: JSON.stringify(manifest) },
    { path: 'min.js', content: 'min()\n' },
  ])
  await putFiles(join(folder.path, 'base/map'), { 'dist/map@1.0.0.zip': zip })
  const flags = [...flag('folder', folder.path), ...flag('url', '/js/bundles')]
  await using server = await startServer({ flags })
  await untilLocated(server.url, 'map', '1.0.0')
  const { json } = await askJson(`${server.url}${tree}/map/1.0.0?dist=true`)
  assert.equal(memberOf(json, 'location'), `${server.url}/js/bundles/base/map`)
  const served = await fetch(String(memberOf(memberOf(json, 'dist'), 'zip')))
  assert.deepEqual(Buffer.from(await served.bytes()), Buffer.from(zip))
  const npm = await createNpm('npm12', { folder: folder.path, registry: server.url + tree })
  const { code, shown } = await npm.run(['install', 'map'], { cwd: folder.path })
  assert.equal(code, 0, shown)
  assert.equal(await readFile(join(folder.path, 'node_modules/map/min.js'), 'utf8'), 'min()\n')
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

test('a release that changes in its folder stays what it was, is not served, and is told', async () => {
  await using folder = await makeFolder('scanner')
  await using data = await makeFolder('scanner-data')
  await putPackage(join(folder.path, 'map'), { name: 'map', version: '1.0.0' })
  await putFiles(join(folder.path, 'map'), { 'same.js': 'same()\n' })
  const flags = flag('folder', folder.path)
  const files = `${tree}/map/1.0.0`
  {
    await using server = await startServer({ dir: data.path, flags })
    await untilLocated(server.url, 'map', '1.0.0')
    await writeFile(join(folder.path, 'map/main.js'), 'other()\n')
    const answer = await untilAnswer(
      '409',
      () => askJson(`${server.url}${files}/main.js`),
      ({ status }) => status === 409,
    )
    assert.match(
      String(memberOf(answer.json, 'error')),
      /only a SNAPSHOT may change\. Put its files back/,
    )
    assert.equal(await textAt(`${server.url}${files}/same.js`), 'same()\n')
    const trouble = server.lines.find(({ event }) => event === 'located_release_changed')
    assert.equal(trouble?.['package'], 'map@1.0.0')
  }
  {
    await using server = await startServer({ dir: data.path, flags })
    await untilLocated(server.url, 'map', '1.0.0')
    await untilAnswer(
      '409',
      () => askJson(`${server.url}${files}/main.js`),
      ({ status }) => status === 409,
    )
    await putPackage(join(folder.path, 'map'), { name: 'map', version: '1.0.0' })
    const main = `${server.url}${files}/main.js`
    await untilAnswer(
      'the old file',
      () => textAt(main),
      (text) => text === "module.exports = 'map@1.0.0'\n",
    )
    await rm(join(folder.path, 'map'), { recursive: true })
    await untilAnswer(
      'its end',
      () => askJson(`${server.url}${files}`),
      ({ status }) => status === 404,
    )
    await putPackage(join(folder.path, 'map'), { name: 'map', version: '1.0.0' }, 'again()\n')
    await untilAnswer(
      'trouble',
      async () => server.lines.filter(({ event }) => event === 'located_release_changed').length,
      (count) => count === 1,
    )
    assert.equal(
      (await askJson(`${server.url}${files}`)).status,
      404,
      'its number is not taken by others',
    )
    await assertVerifies(server.url)
  }
})

const mistakes: readonly (readonly [claim: string, text: string, said: RegExp])[] = [
  ['a name that is not known', 'jsregistry: {root: {url: "http://x"}}', /jsregistry\.root/],
  [
    'one that is obsolete',
    'jsregistry.sourcemaps.enabled: true',
    /jsregistry\.sourcemaps\.enabled/,
  ],
  [
    'one whose meaning is lost',
    'jsregistry: {replacement.paths: x}',
    /jsregistry\.replacement\.paths/,
  ],
  [
    'a word for a switch',
    'jsregistry: {directoryscanner: {buildDistributionFiles: maybe}}',
    /buildDistributionFiles "maybe".*must be true or false/,
  ],
  [
    'a directory without an identifier',
    'jsregistry: {directoryscanner: {directoriesToScan: [{directory: js}]}}',
    /directoriesToScan\[0\]\.identifier/,
  ],
  [
    'an identifier twice',
    'jsregistry: {directoryscanner: {directoriesToScan: [{identifier: a, directory: js}, {identifier: a, directory: b}]}}',
    /directoriesToScan\[1\]\.identifier "a".*must be another name/,
  ],
]

for (const [claim, text, said] of mistakes) {
  test(`stele serve refuses settings of scanners with ${claim}`, async () => {
    await using folder = await makeFolder('scanner-settings')
    await putFiles(folder.path, { 'stele.yaml': text })
    const env = { PATH: process.env['PATH'], HOME: folder.path }
    const { code, shown } = await runProgram(process.execPath, [mainFile, 'serve', '--port', '0'], {
      cwd: folder.path,
      env,
    })
    assert.equal(code, 2, shown)
    assert.match(shown, said)
  })
}

test('what cannot be scanned is told once by name, and the rest is shown', async () => {
  await using folder = await makeFolder('scanner')
  await putPackage(join(folder.path, 'js/map'), { name: 'map', version: '1.0.0' })
  await putFiles(folder.path, {
    'js/broken/package.json': '{"name": "broken", ',
    'lib/cut.jar': Buffer.from('PK no archive'),
  })
  const flags = [
    ...flag('folder', join(folder.path, 'js')),
    ...flag('npmfolder', join(folder.path, 'node_modules')),
    '--jsregistry-classpathscanner-files',
    join(folder.path, 'lib'),
  ]
  await using server = await startServer({ flags })
  await untilLocated(server.url, 'map', '1.0.0')
  const places = (): readonly string[] =>
    server.lines
      .filter(({ event }) => event === 'scanner_trouble')
      .map((line) => String(line['place']))
  const wanted = ['js/broken', 'lib/cut.jar', 'node_modules'].map((path) => join(folder.path, path))
  await untilAnswer(
    'troubles',
    async () => places(),
    (found) => found.length >= wanted.length,
  )
  assert.deepEqual([...places()].sort(), wanted)
})
