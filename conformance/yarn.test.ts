// What yarn 1 and yarn 4 do differently from all others: owners, restricted access, build metadata.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { openStage, type Stage } from './client-matrix/stage.ts'
import { yarn1, yarn4 } from './client-matrix/yarn.ts'
import { type Files, setFolder } from './npm-world.ts'
import type { Finished } from './processes.ts'
import { assertNoTrouble, assertVerifies, type Server, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

suite('yarn', () => {
  let folder: Folder
  let server: Server
  let one: Stage
  let four: Stage
  before(async () => {
    folder = await makeFolder('yarn')
    server = await startServer()
    one = await openStage(yarn1, { url: server.url, folder: join(folder.path, 'one') })
    four = await openStage(yarn4, { url: server.url, folder: join(folder.path, 'four') })
  })
  after(async () => {
    for (const opened of [one, four, server, folder]) await opened?.[Symbol.asyncDispose]()
  })

  /** A command in a project with this package.json, which yarn 4 wants installed first. */
  async function type(
    stage: Stage,
    words: string,
    manifest: object,
    files: Files = {},
  ): Promise<Finished> {
    const { beforePublish, projectFiles } = stage.client
    const where = { cwd: stage.path('project'), home: 'usual', npm: false } as const
    await setFolder(where.cwd, { ...projectFiles, ...files, 'package.json': manifest })
    if (beforePublish !== undefined) {
      const { code, shown } = await stage.run(beforePublish.split(' '), where)
      assert.equal(code, 0, shown)
    }
    return stage.run(words.split(' '), where)
  }

  async function packumentOf(name: string): Promise<{ maintainers: object[]; versions: object }> {
    const response = await fetch(`${server.url}/${name}`)
    return (await response.json()) as { maintainers: object[]; versions: object }
  }

  async function ownersOf(name: string): Promise<readonly unknown[]> {
    return (await packumentOf(name)).maintainers.map((owner) => Object(owner).name)
  }

  const manifest = { name: 'shared', version: '1.0.0', license: 'MIT' }

  test('yarn 1 adds an owner, and whoever adds one stays', async () => {
    const publish = 'publish --non-interactive --new-version 1.0.0'
    const published = await type(one, publish, manifest)
    assert.equal(published.code, 0, published.shown)
    const added = await type(one, 'owner add yarn1-other shared', manifest)
    assert.equal(added.code, 0, added.shown)
    assert.deepEqual(await ownersOf('shared'), ['yarn1', 'yarn1-other'])
  })

  test('yarn 1 finds the owner to remove, and then gives up by a fault of its own', async () => {
    const removed = await type(one, 'owner remove yarn1-other shared', manifest)
    assert.equal(removed.code, 1, removed.shown)
    assert.doesNotMatch(removed.shown, /isn't an owner|Unknown/)
    const stranger = await type(one, 'owner remove yarn1 nothing', manifest)
    assert.equal(stranger.code, 1, stranger.shown)
    assert.deepEqual(await ownersOf('shared'), ['yarn1', 'yarn1-other'])
  })

  test('yarn 4 is told which setting makes a scoped package public, and publishes with it', async () => {
    const scoped = { name: '@team/tool', version: '1.0.0' }
    const refused = await type(four, 'npm publish', scoped)
    assert.notEqual(refused.code, 0, refused.shown)
    assert.match(refused.shown, /npmPublishAccess/)
    const published = await type(four, 'npm publish', scoped, {
      '.yarnrc.yml': 'npmPublishAccess: public\n',
    })
    assert.equal(published.code, 0, published.shown)
  })

  test('yarn 4 publishes 1.0.0+build as 1.0.0', async () => {
    const published = await type(four, 'npm publish', { name: 'built', version: '1.0.0+build' })
    assert.equal(published.code, 0, published.shown)
    assert.deepEqual(Object.keys((await packumentOf('built')).versions), ['1.0.0'])
  })

  test('the registry met no trouble, and verifies', async () => {
    assertNoTrouble(server.lines)
    await assertVerifies(server.url)
  })
})
