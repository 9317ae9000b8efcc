// What is said of packages and versions that are not there.
import assert from 'node:assert/strict'
import test from 'node:test'
import { missing } from '../src/missing.ts'
import type { UpstreamReads } from '../src/ports.ts'
import { createWorld, nameOf, publishDocument, put, type World } from './world.ts'

const name = nameOf('p')

/** `p` was published in two versions, and unpublished whole; `q` has lost one version of two. */
async function createUnpublished(): Promise<World> {
  const world = await createWorld()
  for (const one of ['p', 'q']) {
    await world.publish('alice', { name: one, version: '1.0.0' })
    await world.publish('alice', { name: one, version: '1.1.0' })
  }
  await world.registry.removePackage('alice', name, world.read('p')._rev)
  const { _rev: rev } = world.read('q')
  await world.registry.removeTarball('alice', nameOf('q'), { file: 'q-1.0.0.tgz', rev })
  return world
}

const said: readonly [name: string, version: string | undefined, message: RegExp][] = [
  ['p', undefined, /"p": it was unpublished on 2026-11-20; its name stays with its owners$/],
  ['p', '1.0.0', /^Cannot find p@1\.0\.0: that version was unpublished$/],
  ['p', '3.0.0', /^Cannot find p@3\.0\.0: this registry has no such version$/],
  ['q', '1.0.0', /^Cannot find q@1\.0\.0: that version was unpublished$/],
  ['none', undefined, /^Cannot find the package "none": it is not in this registry$/],
  ['none', '1.0.0', /^Cannot find none@1\.0\.0: this registry has no such version$/],
]
for (const [one, version, message] of said) {
  test(`missing() says what became of ${one}${version === undefined ? '' : `@${version}`}`, async () => {
    const { registry } = await createUnpublished()
    const error = registry.missing(nameOf(one), version)
    assert.match(error.message, message)
    assert.equal(error.status, 404)
  })
}

// what is asked for, the upstreams of the settings, what is said of it
const elsewhere: readonly [
  name: string,
  version: string | undefined,
  upstreams: readonly string[],
  message: RegExp,
][] = [
  [
    'theirs',
    undefined,
    [],
    /"theirs": it came from the upstream "up", which is not in the settings/,
  ],
  ['theirs', undefined, ['other'], /"theirs": it came from the upstream "up", which is not in/],
  ['theirs', '1.0.0', [], /^Cannot find theirs@1\.0\.0: it came from the upstream "up", which is/],
  ['theirs', '9.0.0', ['up'], /^Cannot find theirs@9\.0\.0: this registry has no such version$/],
  ['theirs', undefined, ['up'], /"theirs": it is not in this registry, nor at the upstream "up"$/],
  ['none', undefined, ['up'], /"none": it is not in this registry, nor at the upstream "up"$/],
  ['none', undefined, ['other'], /"none": it is not in this registry$/],
  ['unasked', undefined, ['up'], /"unasked": it is not in this registry$/],
  ['@team/x', undefined, ['up'], /no upstream is asked, since the name is reserved here$/],
  ['@team/x', undefined, [], /it is not in this registry$/],
  [
    'secret',
    undefined,
    ['up'],
    /no upstream is asked, since its settings say that the name is private$/,
  ],
  [
    'p',
    undefined,
    ['up'],
    /"p": it was unpublished on 2026-11-20; its name stays with its owners$/,
  ],
]
for (const [one, version, ids, message] of elsewhere) {
  const asked = version === undefined ? one : `${one}@${version}`
  test(`missing() says what upstreams have to do with ${asked} where [${ids.join()}] are asked`, async () => {
    const world = await createUnpublished()
    const { views, system, submit } = world
    const seen = { name: 'theirs', upstream: 'up', n: 0, chunk: 'c0'.repeat(64), count: 1 }
    await submit({ account: 'root', via: 'host', method: 'see', args: [seen] })
    const team = { pattern: '@team/*', account: 'alice' }
    await submit({ account: 'root', via: 'host', method: 'reserve', args: [team] })
    const isNone = (name: string): boolean => name !== 'unasked' && ids.includes('up')
    const upstream = {
      ids,
      isPrivate: (name: string) => name === 'secret',
      whose: () => ids[0],
      head: (name: string) =>
        isNone(name) ? { digest: undefined, modifiedMs: undefined } : undefined,
    } as unknown as UpstreamReads // Nothing else of it is read.
    const { state } = system
    const error = missing(
      { state, views, ...(ids.length > 0 && { upstream }) },
      nameOf(one),
      version,
    )
    assert.match(error.message, message)
    assert.equal(error.status, 404)
  })
}

test('put() says that the version was unpublished when its number comes again', async () => {
  const { registry } = await createUnpublished()
  const again = publishDocument({ name: 'p', version: '1.0.0' }, { tag: 'again' })
  await assert.rejects(put(registry, 'alice', 'p', again), {
    code: 'version_exists',
    message: /previously published versions, and this one was unpublished$/,
  })
})

test('put() tells a stranger that the name of an unpublished package stays with its owners', async () => {
  const { registry } = await createUnpublished()
  const other = publishDocument({ name: 'p', version: '6.0.0' })
  await assert.rejects(put(registry, 'bob', 'p', other), {
    code: 'rule_refused',
    message: /"bob" is not one of its owners; it was unpublished, and its name stays with them$/,
  })
  const q = publishDocument({ name: 'q', version: '6.0.0' })
  await assert.rejects(put(registry, 'bob', 'q', q), { message: /of its owners$/ })
})
