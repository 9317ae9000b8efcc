import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { parsePackageName } from '@stele/formats/names'
import { makePackage } from '../../testkit/src/tarball.ts'
import { createContents } from '../src/jsregistry/contents.ts'
import { maxContentsBytes, maxContentsWaiting } from '../src/limits.ts'
import { createFixture, type Fixture } from './app-fixture.ts'

const name = parsePackageName('map')
const asked = { name, version: '1.0.0', client: '::1' }

/** A registry of one release, whose blob counts how often it is read. */
function withRelease(tarball: Uint8Array): Pick<Fixture['ports'], 'registry' | 'log'> & {
  readonly reads: () => number
} {
  const { ports } = createFixture()
  const sha512 = hash('sha512', tarball, 'hex')
  const view = { version: '1.0.0', sha512, size: tarball.length, integrity: '', removed: false }
  let count = 0
  const blob = (): Uint8Array => {
    count++
    return tarball
  }
  return {
    registry: { ...ports.registry, tarball: () => view },
    log: { ...ports.log, blob },
    reads: () => count,
  }
}

test('createContents() gives the files of a release, and keeps them', async () => {
  const contents = createContents(withRelease(makePackage({ name, version: '1.0.0' })))
  const first = await contents(asked)
  assert.deepEqual([...first.files.keys()], ['index.js', 'package.json'])
  assert.equal(Buffer.from(first.files.get('index.js')?.content ?? '').toString(), 'export {}\n')
  assert.equal((await contents(asked)).files, first.files)
})

test('createContents() refuses a release that unpacks to more than is held', async () => {
  const bomb = makePackage({ name, version: '1.0.0' }, { big: Buffer.alloc(maxContentsBytes) })
  const contents = createContents(withRelease(bomb))
  await assert.rejects(contents(asked), { code: 'tarball_too_large' })
})

test('createContents() refuses whoever comes when too many wait, and no one afterwards', async () => {
  const contents = createContents(withRelease(makePackage({ name, version: '1.0.0' })))
  const all = Array.from({ length: maxContentsWaiting + 2 }, () => contents(asked))
  const settled = await Promise.allSettled(all)
  assert.equal(
    settled.filter(({ status }) => status === 'fulfilled').length,
    maxContentsWaiting + 1,
  )
  const [refused] = settled.filter(({ status }) => status === 'rejected')
  assert.match(String(refused?.status === 'rejected' && refused.reason), /too many packages/)
  await contents(asked)
})

test('createContents() gives what is published here while an upstream drips', async () => {
  const ports = withRelease(makePackage({ name, version: '1.0.0' }))
  const { promise: dripping, resolve: end } = Promise.withResolvers<undefined>()
  const registry: typeof ports.registry = {
    ...ports.registry,
    isOwn: (asked) => asked === name,
    tarball: (asked, file) => (asked === name ? ports.registry.tarball(asked, file) : undefined),
    proxiedTarball: () => dripping,
  }
  const contents = createContents({ ...ports, registry })
  const slow = contents({ ...asked, name: parsePackageName('of-an-upstream') })
  slow.catch(() => undefined)
  assert.equal((await contents(asked)).files.size, 2)
  end(undefined)
  await assert.rejects(slow, { code: 'version_not_found' })
})

test('createContents() goes on after one that failed', async () => {
  const contents = createContents(createFixture().ports)
  await assert.rejects(contents(asked), { code: 'version_not_found' })
  await assert.rejects(contents(asked), { code: 'version_not_found' })
})
