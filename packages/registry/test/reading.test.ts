// Reads of single versions and tarballs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { isSteleError } from '@stele/errors'
import type { UpstreamReads } from '../src/ports.ts'
import { createReading, versionOfFile } from '../src/reading.ts'
import { baseUrl, createWorld, nameOf } from './world.ts'

const files: readonly [name: string, file: string, version: string | undefined][] = [
  ['left-pad', 'left-pad-1.0.0.tgz', '1.0.0'],
  ['@s/p', 'p-1.0.0-rc.1.tgz', '1.0.0-rc.1'],
  ['@s/p', '@s/p-1.0.0.tgz', '1.0.0'],
  ['left-pad', 'left-1.0.0.tgz', undefined],
  ['left-pad', 'left-pad-1.0.0.zip', undefined],
  ['left-pad', 'left-pad-../x.tgz', '../x'],
  ['p', '', undefined],
]
for (const [name, file, version] of files) {
  test(`versionOfFile() is ${version} when ${name} is asked for "${file}"`, () => {
    assert.equal(versionOfFile(name, file), version)
  })
}

test('tarball() finds nothing when the version was never there', async () => {
  const { registry, publish } = await createWorld()
  await publish('alice', { name: 'p', version: '1.0.0' })
  for (const file of ['p-1.0.1.tgz', 'p-../x.tgz', 'p-.tgz', 'q-1.0.0.tgz', 'p-1.0.0']) {
    assert.equal(registry.tarball(nameOf('p'), file), undefined)
  }
  assert.equal(registry.tarball(nameOf('none'), 'none-1.0.0.tgz'), undefined)
})

test('versions() lists what is there in the order of publishing, and nothing of no package', async () => {
  const { registry, publish, read } = await createWorld()
  for (const version of ['2.0.0', '10.0.0', '1.0.0']) await publish('alice', { name: 'p', version })
  assert.deepEqual(registry.versions(nameOf('p')), ['2.0.0', '10.0.0', '1.0.0'])
  await registry.removeTarball('alice', nameOf('p'), { file: 'p-10.0.0.tgz', rev: read('p')._rev })
  assert.deepEqual(registry.versions(nameOf('p')), ['2.0.0', '1.0.0'])
  await registry.removePackage('alice', nameOf('p'), read('p')._rev)
  assert.equal(registry.versions(nameOf('p')), undefined)
  assert.equal(registry.versions(nameOf('none')), undefined)
})

test('manifest() gives one version when it is asked by version or tag', async () => {
  const { registry, publish, read } = await createWorld()
  await publish('alice', { name: 'p', version: '1.0.0' })
  await publish('alice', { name: 'p', version: '1.1.0' }, { tag: 'next' })
  const one = (wanted: string): unknown => {
    const bytes = registry.manifest(nameOf('p'), wanted, baseUrl)
    return bytes && JSON.parse(Buffer.from(bytes).toString())
  }
  assert.deepEqual(one('1.0.0'), read('p').versions['1.0.0'])
  assert.deepEqual(one('next'), read('p').versions['1.1.0'])
  assert.equal(one('2.0.0'), undefined)
  assert.equal(one('__proto__'), undefined)
})

test('proxiedTarball() gives nothing of a version that was removed, whatever is held of it', async () => {
  const { registry: hosting, publish, read, system, views } = await createWorld()
  for (const version of ['1.0.0', '1.1.0']) await publish('alice', { name: 'p', version })
  await hosting.removeTarball('alice', nameOf('p'), { file: 'p-1.0.0.tgz', rev: read('p')._rev })
  const held = { integrity: 'sha512-x', body: { file: '/none', sizeBytes: 7 } }
  const upstream: UpstreamReads = {
    ids: ['up'],
    states: () => [],
    whose: () => undefined,
    isPrivate: () => false,
    prepare: async () => undefined,
    prepareToPublish: async () => undefined,
    head: () => undefined,
    template: () => undefined,
    tarball: async () => held,
    advisories: async () => ({ found: {}, unknown: [], silent: [] }),
    search: async () => undefined,
  }
  const reading = createReading({
    state: system.state,
    views,
    upstream,
    submit: async () => assert.fail('A read submits nothing'),
    now: () => 0,
  })
  assert.equal(await reading.proxiedTarball(nameOf('p'), 'p-1.1.0.tgz'), held)
  await assert.rejects(reading.proxiedTarball(nameOf('p'), 'p-1.0.0.tgz'), (error) =>
    isSteleError(error, 'version_not_found'),
  )
})

test('proxiedTarball() says which upstream a package came from that the settings do not name any more', async () => {
  const { system, views, submit } = await createWorld()
  const seen = { name: 'theirs', upstream: 'up', n: 0, chunk: 'c0'.repeat(64), count: 1 }
  await submit({ account: 'root', via: 'host', method: 'see', args: [seen] })
  const reading = createReading({ state: system.state, views, submit, now: () => 0 })
  await assert.rejects(reading.proxiedTarball(nameOf('theirs'), 'theirs-1.0.0.tgz'), {
    code: 'version_not_found',
    message: /^Cannot find theirs@1\.0\.0: it came from the upstream "up"/,
  })
  assert.equal(await reading.proxiedTarball(nameOf('none'), 'none-1.0.0.tgz'), undefined)
})
