// Which documents are read at once, and which elsewhere.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { type ErrorCode, isSteleError } from '@stele/errors'
import { parseVersion } from '@stele/formats/names'
import { type DocumentJob, readDocument } from '../src/document.ts'
import { inlineLimits, maxInlineBodyBytes } from '../src/limits.ts'
import { createRegistry, type Registry } from '../src/registry.ts'
import { createWorld, nameOf, type Packument, publishDocument, type World } from './world.ts'

const manifest = { name: 'p', version: '1.0.0' }
const name = nameOf('p')

function failsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isSteleError(error) && error.code === code
}

/** A registry that notes what it has read elsewhere. */
async function createPutting(): Promise<{
  readonly world: World
  readonly registry: Registry
  readonly jobs: DocumentJob[]
}> {
  const world = await createWorld()
  const jobs: DocumentJob[] = []
  const registry = createRegistry({
    state: world.system.state,
    views: world.views,
    submit: world.submit,
    now: () => 0,
    ingest: async (job) => {
      jobs.push(job)
      return readDocument(job)
    },
  })
  return { world, registry, jobs }
}

const bodyOf = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document))

/** A document whose tarball is small, and unpacks to at least so many bytes. */
function bomb(unpackedBytes: number): Packument {
  const made = publishDocument(manifest, { files: { 'zeros.txt': '0'.repeat(unpackedBytes) } })
  assert.ok(JSON.stringify(made).length < maxInlineBodyBytes / 4)
  return made
}

/** A document whose body is large. */
function large(): Packument {
  const noise = Array.from({ length: 5000 }, (_, at) => hash('sha512', `${at}`, 'base64')).join('')
  const made = publishDocument(manifest, { files: { 'noise.txt': noise } })
  assert.ok(JSON.stringify(made).length > maxInlineBodyBytes)
  return made
}

function many(count: number): object {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`dependency-${at}`, '^1.0.0']),
  )
}

const published: readonly [what: string, document: Packument, elsewhere: number][] = [
  ['a usual package', publishDocument(manifest), 0],
  ['a package that unpacks to much', bomb(inlineLimits.maxUnpackedBytes), 1],
  ['a package that unpacks to less', bomb(inlineLimits.maxUnpackedBytes / 2), 0],
  ['a large body', large(), 1],
  ['a large package.json', publishDocument({ ...manifest, dependencies: many(5000) }), 1],
  ['a usual package.json', publishDocument({ ...manifest, dependencies: many(50) }), 0],
]
for (const [what, document, elsewhere] of published) {
  test(`put() publishes ${what}, read ${elsewhere === 0 ? 'at once' : 'elsewhere'}`, async () => {
    const { world, registry, jobs } = await createPutting()
    const put = await registry.put({ account: 'alice', name, body: bodyOf(document) })
    assert.equal(put.did, 'publish')
    assert.equal(jobs.length, elsewhere)
    assert.equal(world.read('p').versions['1.0.0'].dist.fileCount > 0, true)
  })
}

test('put() hands nothing on of whoever may not publish', async () => {
  const { world, registry, jobs } = await createPutting()
  await world.publish('alice', manifest)
  const body = bodyOf(bomb(inlineLimits.maxUnpackedBytes))
  await assert.rejects(registry.put({ account: 'bob', name, body }), failsWith('rule_refused'))
  await assert.rejects(registry.put({ account: 'zed', name, body }), failsWith('rule_refused'))
  assert.equal(jobs.length, 0)
})

test('put() and putTarball() read nothing of a stranger to a reserved name or scope', async () => {
  for (const [pattern, taken] of [
    ['@t/*', '@t/x'],
    ['x', 'x'],
  ] as const) {
    const { world, registry, jobs } = await createPutting()
    await registry.reserve('root', { pattern, account: 'bob' })
    const before = world.log.length
    const name = nameOf(taken)
    const large = bodyOf(bomb(inlineLimits.maxUnpackedBytes))
    const notATarball = Buffer.from('none')
    for (const put of [
      registry.put({ account: 'alice', name, body: large }),
      registry.putTarball({ ...asked, name, tarball: notATarball }),
    ]) {
      await assert.rejects(put, { code: 'rule_refused', message: /is reserved for "bob"$/ })
    }
    assert.deepEqual([jobs.length, world.log.length], [0, before])
    const own = publishDocument({ name: taken, version: '1.0.0' })
    assert.equal((await registry.put({ account: 'bob', name, body: bodyOf(own) })).did, 'publish')
  }
})

/** The tarball alone of a document. */
function tarballOf(document: Packument): Uint8Array {
  const [attachment] = Object.values<Packument>(document._attachments)
  return Buffer.from(attachment.data, 'base64')
}

const asked = { account: 'alice', name, version: parseVersion('1.0.0'), check: () => {} }

for (const [what, document, elsewhere] of published) {
  if (what === 'a large body') continue // Its tarball is the row below.
  test(`putTarball() publishes ${what}, read ${elsewhere === 0 ? 'at once' : 'elsewhere'}`, async () => {
    const { world, registry, jobs } = await createPutting()
    await registry.putTarball({ ...asked, tarball: tarballOf(document) })
    assert.equal(jobs.length, elsewhere)
    assert.equal(world.read('p')['dist-tags'].latest, '1.0.0')
    assert.equal(world.read('p').versions['1.0.0'].dist.fileCount > 0, true)
  })
}

test('putTarball() has a large tarball read elsewhere', async () => {
  const { registry, jobs } = await createPutting()
  await registry.putTarball({ ...asked, tarball: tarballOf(large()) })
  assert.equal(jobs.length, 1)
})

test('putTarball() reads nothing of whoever may not publish', async () => {
  const { world, registry, jobs } = await createPutting()
  await world.publish('alice', manifest)
  for (const account of ['bob', 'zed']) {
    for (const tarball of [tarballOf(bomb(inlineLimits.maxUnpackedBytes)), Buffer.from('none')]) {
      const put = registry.putTarball({ ...asked, account, tarball })
      await assert.rejects(put, failsWith('rule_refused'))
    }
  }
  assert.equal(jobs.length, 0)
})

const otherwise: readonly [what: string, ask: Partial<typeof asked>][] = [
  ['another name', { name: nameOf('q') }],
  ['another version', { version: parseVersion('1.0.1') }],
]
for (const [what, other] of otherwise) {
  test(`putTarball() throws upload_invalid when the tarball has ${what}`, async () => {
    const { world, registry } = await createPutting()
    const before = world.log.length
    const tarball = tarballOf(publishDocument(manifest))
    const put = registry.putTarball({ ...asked, ...other, tarball })
    await assert.rejects(put, failsWith('upload_invalid'))
    assert.equal(world.log.length, before)
  })
}

test('putTarball() publishes nothing when the sender’s check refuses the dependencies', async () => {
  const { world, registry } = await createPutting()
  const before = world.log.length
  const dependencies = { 'left-pad': '^1.0.0' }
  const tarball = tarballOf(publishDocument({ ...manifest, dependencies }))
  const seen: unknown[] = []
  const check = (packed: unknown): never => {
    seen.push(packed)
    throw new Error('refused')
  }
  await assert.rejects(registry.putTarball({ ...asked, tarball, check }), /refused/)
  assert.deepEqual(seen, [dependencies])
  assert.equal(world.log.length, before)
})

test('put() refuses a stranger to the package whose document was read elsewhere', async () => {
  const { world, registry } = await createPutting()
  await world.publish('alice', manifest)
  const document = large()
  await assert.rejects(
    registry.put({ account: 'bob', name, body: bodyOf(document) }),
    failsWith('rule_refused'),
  )
})

/** What clients send back of a packument, by what they change. */
const changes: readonly [what: string, account: string, change: (sent: Packument) => void][] = [
  ['nothing', 'alice', () => {}],
  ['a deprecation', 'alice', (sent) => (sent.versions['1.0.0'].deprecated = 'old')],
  ['a star', 'bob', (sent) => (sent.users = { bob: true, alice: true })],
  ['a removed version', 'alice', (sent) => delete sent.versions['1.0.0']],
  ['a moved tag', 'alice', (sent) => (sent['dist-tags'].latest = '1.0.0')],
  [
    'an owner',
    'alice',
    (sent) => {
      delete sent.versions
      sent.maintainers.push({ name: 'bob' })
    },
  ],
]
for (const [what, account, change] of changes) {
  test(`put() changes the same when ${what} is sent in a small and in a large document`, async () => {
    const results: unknown[] = []
    for (const padding of [0, maxInlineBodyBytes]) {
      const { world, registry, jobs } = await createPutting()
      await world.publish('alice', manifest)
      await world.publish('alice', { ...manifest, version: '1.1.0' })
      const sent = world.read('p')
      change(sent)
      sent.readme = 'x'.repeat(padding)
      await registry.put({ account, name, body: bodyOf(sent), rev: sent._rev })
      assert.equal(jobs.length, padding === 0 ? 0 : 1)
      results.push(world.system.dump())
    }
    assert.deepEqual(results[0], results[1])
  })
}

const refused: readonly [what: string, body: Uint8Array][] = [
  ['it is empty', new Uint8Array()],
  ['it is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['it is a list', Buffer.from('[]')],
  ['it is still packed', gzipSync('{}')],
]
for (const [what, body] of refused) {
  test(`put() throws request_invalid when ${what}`, async () => {
    const { registry } = await createPutting()
    await assert.rejects(
      registry.put({ account: 'alice', name, body }),
      failsWith('request_invalid'),
    )
  })
}

test('put() says that a tarball is missing when a document without one names a package that is not there', async () => {
  const { registry } = await createPutting()
  for (const document of [{}, { name: 'p' }, { name: 'p', versions: {}, _attachments: {} }]) {
    const put = registry.put({ account: 'alice', name, body: bodyOf(document) })
    await assert.rejects(put, { code: 'upload_invalid', message: /Cannot publish p: .*no tarball/ })
  }
})

test('requirePublishable() refuses what publishing would, before anything is read', async () => {
  const { world, registry } = await createPutting()
  await world.publish('alice', manifest)
  await world.publish('alice', { ...manifest, version: '2.0.0' })
  const publishing = { account: 'alice', name, version: '3.0.0' }
  const refuses = (change: Partial<typeof publishing>, code: string): void => {
    assert.throws(() => registry.requirePublishable({ ...publishing, ...change }), { code })
  }
  registry.requirePublishable(publishing)
  registry.requirePublishable({ ...publishing, account: 'bob', name: nameOf('other') })
  refuses({ version: '1.0.0' }, 'version_exists')
  refuses({ account: 'bob' }, 'rule_refused')
  refuses({ name: nameOf('Upper') }, 'name_invalid')
  const { _rev: rev } = world.read('p')
  await registry.removeTarball('alice', name, { file: 'p-1.0.0.tgz', rev })
  refuses({ version: '1.0.0' }, 'version_exists')
})
