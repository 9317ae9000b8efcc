// What yarn 1 and yarn 4 do differently from npm, with the real programs: owners, restricted access, build metadata.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { clientsFolder, credentials, pathWithNode, tokenOf } from './npm-client.ts'
import { openWorld, setFolder, type User, type World } from './npm-world.ts'
import { type Finished, runProgram } from './processes.ts'
import { assertNoTrouble, assertVerifies } from './server.ts'

suite('yarn', () => {
  let world: World
  before(async () => {
    world = await openWorld('npm11')
    for (const user of ['alice', 'bob'] as const) {
      const answers = credentials(user, `password of ${user}`)
      const cwd = world.path(user)
      await setFolder(cwd, {})
      const { code, shown } = await world.users[user].run(['adduser', '--auth-type=legacy'], {
        cwd,
        answers,
      })
      assert.equal(code, 0, shown)
    }
  })
  after(async () => {
    await world?.[Symbol.asyncDispose]()
  })

  /** yarn 1 in a folder with this package.json. */
  async function yarn1(user: User, args: readonly string[], manifest: object): Promise<Finished> {
    const cwd = world.path(`yarn1-${user}`)
    await setFolder(cwd, { 'package.json': manifest })
    const { home } = world.users[user]
    const token = tokenOf(world.users[user])
    const registry = world.proxy.url
    const host = registry.replace(/^http:/, '')
    const npmrc = `registry=${registry}/\n${host}/:_authToken=${token}\nalways-auth=true\n`
    await writeFile(join(cwd, '.npmrc'), npmrc)
    await writeFile(join(cwd, '.yarnrc'), `registry "${registry}/"\n`)
    const program = join(clientsFolder, 'node_modules', 'yarn1', 'bin', 'yarn.js')
    const env = { PATH: pathWithNode(), HOME: home, LANG: 'C.UTF-8' }
    const given = [program, '--non-interactive', ...args]
    return runProgram(process.execPath, given, { cwd, env })
  }

  /** yarn 4 in a project with this package.json. */
  async function yarn4(
    args: readonly string[],
    manifest: object,
    settings: readonly string[] = [],
  ): Promise<Finished> {
    const cwd = world.path('yarn4')
    const lines = [
      `npmRegistryServer: "${world.proxy.url}"`,
      `npmAuthToken: "${tokenOf(world.users.alice)}"`,
      'unsafeHttpWhitelist: ["127.0.0.1", "localhost"]',
      'enableTelemetry: false',
      ...settings,
    ]
    const files = { 'package.json': manifest, 'yarn.lock': '', '.yarnrc.yml': lines.join('\n') }
    await setFolder(cwd, files)
    const program = join(clientsFolder, 'node_modules', 'yarn4', 'bin', 'yarn.js')
    const env = { PATH: pathWithNode(), HOME: world.users.alice.home, LANG: 'C.UTF-8' }
    const installed = await runProgram(process.execPath, [program, 'install'], { cwd, env })
    assert.equal(installed.code, 0, installed.shown)
    return runProgram(process.execPath, [program, ...args], { cwd, env })
  }

  async function ownersOf(name: string): Promise<readonly string[]> {
    const response = await fetch(`${world.server.url}/${name}`)
    const { maintainers } = (await response.json()) as { maintainers: { name: string }[] }
    return maintainers.map((one) => one.name)
  }

  const manifest = { name: 'shared', version: '1.0.0', license: 'MIT' }

  test('yarn 1 adds an owner, and whoever adds one stays', async () => {
    const published = await yarn1('alice', ['publish', '--new-version', '1.0.0'], manifest)
    assert.equal(published.code, 0, published.shown)
    const added = await yarn1('alice', ['owner', 'add', 'bob', 'shared'], manifest)
    assert.equal(added.code, 0, added.shown)
    assert.deepEqual(await ownersOf('shared'), ['alice', 'bob'])
  })

  test('yarn 1 finds the owner to remove, and then gives up by a fault of its own', async () => {
    const removed = await yarn1('bob', ['owner', 'remove', 'alice', 'shared'], manifest)
    assert.equal(removed.code, 1, removed.shown)
    assert.doesNotMatch(removed.shown, /isn't an owner|Unknown/)
    const stranger = await yarn1('bob', ['owner', 'remove', 'bob', 'nothing'], manifest)
    assert.equal(stranger.code, 1, stranger.shown)
    assert.deepEqual(await ownersOf('shared'), ['alice', 'bob'])
  })

  test('yarn 4 is told which setting makes a scoped package public, and publishes with it', async () => {
    const scoped = { name: '@team/tool', version: '1.0.0' }
    const refused = await yarn4(['npm', 'publish'], scoped)
    assert.notEqual(refused.code, 0, refused.shown)
    assert.match(refused.shown, /npmPublishAccess/)
    const published = await yarn4(['npm', 'publish'], scoped, ['npmPublishAccess: public'])
    assert.equal(published.code, 0, published.shown)
  })

  test('yarn 4 publishes 1.0.0+build as 1.0.0', async () => {
    const published = await yarn4(['npm', 'publish'], { name: 'built', version: '1.0.0+build' })
    assert.equal(published.code, 0, published.shown)
    const response = await fetch(`${world.server.url}/built`)
    const { versions } = (await response.json()) as { versions: object }
    assert.deepEqual(Object.keys(versions), ['1.0.0'])
  })

  test('the registry met no trouble, and verifies', async () => {
    assertNoTrouble(world.server.lines)
    await assertVerifies(world.server.url)
  })
})
