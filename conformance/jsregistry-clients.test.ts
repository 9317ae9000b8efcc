// Who installs from the JS Registry's tree: every client of npm's family, a reader of CommonJS that knows nothing of npm, and `stele install`,
// which follows addresses of versions through other registries.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { makePackage } from '../packages/testkit/src/tarball.ts'
import { readInstalled } from './client-matrix/tree.ts'
import { yarn4 } from './client-matrix/yarn.ts'
import { readPackage } from './commonjs-reader.ts'
import { type Documents, startCommonJsRegistry } from './commonjs-registry.ts'
import { assertCleanAnswers, startProxy } from './recording-proxy.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { assertNoTrouble, assertVerifies, type Server, startServer } from './server.ts'
import { makeProject } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'
import { ageless, clients, hoisted, install } from './tree-clients.ts'

const tree = '/resources/jsregistry/root'

const tiles = makeUpload({ name: '@team/tiles', version: '1.2.0' })
const geometry = makeUpload({ name: 'geometryservice', version: '3.1.0' })
const map = makeUpload({
  name: 'map',
  version: '3.1.0',
  dependencies: { geometryservice: '^3.1.0', '@team/tiles': '1.x' },
})

suite('the tree of the JS Registry', () => {
  let folder: Folder
  let server: Server
  before(async () => {
    folder = await makeFolder('jsregistry-clients')
    server = await startServer()
    const max = await signUp(server.url, 'max')
    const older = makeUpload({ name: 'map', version: '3.0.0', tag: 'old' })
    for (const release of [tiles, geometry, older, map]) {
      assert.equal((await publish(max, release)).status, 201)
    }
  })
  after(async () => {
    assertNoTrouble(server.lines)
    await assertVerifies(server.url)
    for (const opened of [server, folder]) await opened[Symbol.asyncDispose]()
  })

  for (const client of clients) {
    test(`${client.name} installs a package with its dependencies, a scoped one among them`, async () => {
      await using proxy = await startProxy(server.url)
      const project = join(folder.path, client.name, 'project')
      const { code, shown } = await install(client, project, `${proxy.url}${tree}`)
      assert.equal(code, 0, shown)
      const { packages } = readInstalled(project)
      const installed = Object.keys(packages).sort()
      assert.deepEqual(installed, ['@team/tiles@1.2.0', 'geometryservice@3.1.0', 'map@3.1.0'])
      assertCleanAnswers(proxy.answered.filter(({ path }) => !path.includes('/security/')))
      const elsewhere = proxy.answered.filter(({ path }) => !path.startsWith(tree))
      assert.deepEqual(elsewhere, [], 'It asked outside the tree')
    })

    test(`${client.name} ${client === yarn4 ? 'takes' : 'refuses'} a tarball with other bytes`, async () => {
      const alter = (path: string, body: Buffer): Buffer =>
        path.endsWith('.tgz') && path.includes('/map/')
          ? Buffer.from(makePackage({ name: 'map', version: '3.1.0' }, { 'index.js': 'evil()' }))
          : body
      await using proxy = await startProxy(server.url, { alter })
      const project = join(folder.path, client.name, 'refused')
      const { code, shown } = await install(client, project, `${proxy.url}${tree}`)
      if (client === yarn4) return assert.equal(code, 0, shown) // It compares with its lock alone.
      assert.notEqual(code, 0, shown)
      assert.match(shown, /integrity|EINTEGRITY|wanted is sha512/i)
    })
  }

  test('stele install holds back what is too young, as the tree tells it', async () => {
    const files = { 'package.json': JSON.stringify({ name: 'app', dependencies: { map: '*' } }) }
    const place = join(folder.path, 'young/project')
    const project = await makeProject(place, `${server.url}${tree}`, files)
    const { code, shown } = await project.stele(['install'])
    assert.notEqual(code, 0, shown)
    assert.match(shown, /map.* was published less than an hour ago/s)
  })

  /** A registry that has nothing itself: its root leads to Stele, in each way that the specification has. */
  const leadingTo = (there: string) => (): Documents => ({
    '': { map: `${there}/map`, geometryservice: inline(there, 'geometryservice', '3.1.0') },
    '/map': { location: `${there}/map` },
    '/geometryservice': inline(there, 'geometryservice', '3.1.0'),
    '/@team/tiles': { location: `${there}/@team%2ftiles` },
  })

  const ways = [
    ['by the address in the root', 'map', '3.1.0', map],
    ['by the addresses of versions', 'geometryservice', '3.1.0', geometry],
    ['by a redirect', '@team/tiles', '1.2.0', tiles],
  ] as const
  for (const [way, name, version, { tarball }] of ways) {
    test(`a reader of CommonJS comes from another registry to its packages, ${way}`, async () => {
      await using there = await startProxy(server.url)
      await using other = await startCommonJsRegistry(leadingTo(`${there.url}${tree}`))
      const [root, scratch, token] = [other.root, folder.path, 'for-the-other-one']
      const found = await readPackage({ root, name, version, token, scratch })
      assert.deepEqual(found.tarball, Buffer.from(tarball))
      assert.ok(other.asked.every((one) => one.endsWith(`Bearer ${token}`)))
      assert.ok(there.answered.length > 0)
      assert.ok(there.answered.every(({ authorization }) => authorization === undefined))
    })
  }

  test('stele install follows addresses of versions through other registries, without credentials', async () => {
    await using there = await startProxy(server.url)
    await using other = await startCommonJsRegistry(leadingTo(`${there.url}${tree}`))
    const token = 'for-the-other-one'
    const project = await makeProject(join(folder.path, 'follows/project'), other.root, {
      'package.json': JSON.stringify({ name: 'app', dependencies: { map: '3.1.0' } }),
      '.npmrc': `registry=${other.root}/\n`,
      '../home/.npmrc': `${other.root.replace('http:', '')}/:_authToken=${token}\n`,
    })
    const { code, shown } = await project.stele(['install', ...hoisted], ageless)
    assert.equal(code, 0, shown)
    const { packages } = readInstalled(project.folder)
    assert.deepEqual(installedOf(packages), [
      '@team/tiles@1.2.0',
      'geometryservice@3.1.0',
      'map@3.1.0',
    ])
    assert.ok(other.asked.length > 0 && other.asked.every((one) => one.endsWith(`Bearer ${token}`)))
    assert.ok(there.answered.every(({ authorization }) => authorization === undefined))
    assert.doesNotMatch(shown, /SHA-1/)
  })

  test('stele install takes a registry with addresses and SHA-1 alone, says so, and refuses other bytes', async () => {
    const grown = makePackage({ name: 'größe', version: '1.0.0' }, { 'index.js': '1' })
    const plain = makePackage({ name: 'plain', version: '2.0.0-SNAPSHOT' }, { 'index.js': '2' })
    const shasum = hash('sha1', plain, 'hex')
    let isWrong = false
    const documents = (root: string): Documents => ({
      '': { plain: `${root}/plain` },
      '/plain': {
        name: 'plain',
        versions: { '1.0.0': `${root}/plain/1.0.0`, '2.0.0-SNAPSHOT': 'plain/2.0.0-SNAPSHOT' },
      },
      '/plain/2.0.0-SNAPSHOT': {
        name: 'plain',
        version: '2.0.0-SNAPSHOT',
        get dist() {
          return { tarball: 'plain.tgz', shasum: isWrong ? 'b'.repeat(40) : shasum }
        },
      },
      '/plain/plain.tgz': plain,
      '/größe': { name: 'größe', versions: { '1.0.0': `${root}/1` } },
      '/1': {
        name: 'größe',
        version: '1.0.0',
        dist: { tarball: `${root}/1.tgz`, shasum: hash('sha1', grown, 'hex') },
      },
      '/1.tgz': grown,
    })
    await using other = await startCommonJsRegistry(documents)
    const scratch = folder.path
    const read = await readPackage({ root: other.root, name: 'größe', version: '1.0.0', scratch })
    assert.deepEqual(read.tarball, Buffer.from(grown))

    const manifest = { name: 'app', dependencies: { plain: 'latest' } }
    const files = { 'package.json': JSON.stringify(manifest) }
    const project = await makeProject(join(folder.path, 'weak/project'), other.root, files)
    const first = await project.stele(['install'])
    assert.equal(first.code, 0, first.shown)
    assert.match(first.shown, /only a SHA-1 of them, which can be forged: plain@2\.0\.0-SNAPSHOT/)
    const file = join(project.folder, 'node_modules/plain/index.js')
    assert.equal(await readFile(file, 'utf8'), '2')
    const changed = { ...manifest, dependencies: { plain: '2.x || >=2.0.0-0' } }
    await writeFile(join(project.folder, 'package.json'), JSON.stringify(changed))
    const outdated = await project.stele(['outdated'])
    assert.equal(outdated.code, 0, outdated.shown)
    const offline = await project.stele(['install', '--offline'])
    assert.equal(offline.code, 0, offline.shown)
    await rm(join(project.folder, 'node_modules'), { recursive: true })
    const from = other.asked.length
    const frozen = await project.stele(['ci'])
    assert.equal(frozen.code, 0, frozen.shown)
    assert.equal(await readFile(file, 'utf8'), '2')
    assert.equal(other.asked.length, from, 'nothing that is locked and stored is asked for')

    isWrong = true
    const again = await makeProject(join(folder.path, 'wrong/project'), other.root, files)
    const second = await again.stele(['install'])
    assert.notEqual(second.code, 0)
    assert.match(second.shown, /plain@2\.0\.0-SNAPSHOT/)
  })
})

function installedOf(packages: object): readonly string[] {
  return Object.keys(packages).sort()
}

/** A package root whose version is an address. */
function inline(there: string, name: string, version: string): object {
  return { name, versions: { [version]: `${there}/${name}/${version}` } }
}
