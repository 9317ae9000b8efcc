// What people and programs are told of changes that upstreams made and this registry refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, type Fixture, jsonOf, textOf } from './app-fixture.ts'

const browser = { accept: 'text/html,*/*' }
const path = '/-/stele/conflicts'

/** A registry with an upstream `npm` that changed this many versions. */
function registryWith(count: number): Fixture {
  const fixture = createFixture()
  const all = Array.from({ length: count }, (_, index) => ({
    name: index === 0 ? '<b>&' : `p${index}`,
    version: '1.0.0',
    integrity: `sha512-new${index}`,
    pinned: index % 2 === 0 ? `sha512-old${index}` : undefined,
    seenMs: Date.UTC(2026, 10, 21),
    entry: index + 10,
  }))
  Object.assign(fixture.registry, {
    upstreams: ['npm'],
    conflicts: ({ from, size }: { readonly from: number; readonly size: number }) => ({
      total: count,
      found: all.slice(from, from + size),
    }),
  })
  return fixture
}

test('GET /-/stele/conflicts tells programs each refused change', async () => {
  const reply = await registryWith(2).app(ask('GET', path))
  assert.deepEqual(jsonOf(reply), {
    total: 2,
    conflicts: [
      {
        name: '<b>&',
        version: '1.0.0',
        pinned: 'sha512-old0',
        refused: 'sha512-new0',
        seen: '2026-11-21T00:00:00.000Z',
        entry: 10,
      },
      {
        name: 'p1',
        version: '1.0.0',
        refused: 'sha512-new1',
        seen: '2026-11-21T00:00:00.000Z',
        entry: 11,
      },
    ],
  })
})

test('GET /-/stele/conflicts keeps from and size within bounds', async () => {
  const { app } = registryWith(300)
  const count = async (query: string): Promise<unknown> => {
    const { conflicts } = jsonOf(await app(ask('GET', path + query)))
    return Array.isArray(conflicts) ? conflicts.length : undefined
  }
  assert.deepEqual(await count(''), 50)
  assert.deepEqual(await count('?size=1000'), 200)
  assert.deepEqual(await count('?size=-1&from=x'), 50)
  assert.deepEqual(await count('?from=299'), 1)
})

test('GET /-/stele/conflicts gives people a page, its texts escaped, and the way to earlier ones', async () => {
  const { app } = registryWith(60)
  const page = textOf(await app(ask('GET', path, { headers: browser })))
  assert.ok(page.includes('&#60;b&#62;&#38;'))
  assert.ok(page.includes('sha512-old0') && page.includes('sha512-new0'))
  assert.match(page, /href="[^"]+\/-\/stele\/conflicts\?from=50"/)
  assert.doesNotMatch(page, /<script|style=/)
  const last = textOf(await app(ask('GET', `${path}?from=50`, { headers: browser })))
  assert.doesNotMatch(last, /Earlier ones/)
})

test('GET / tells people which registries are asked, and how many changes were refused', async () => {
  const pageOf = async ({ app }: Fixture): Promise<string> =>
    textOf(await app(ask('GET', '/', { headers: browser })))
  assert.match(await pageOf(createFixture()), /does not pass on packages from other registries/)
  assert.match(await pageOf(registryWith(0)), /<b>npm<\/b>.*None has offered other bytes/s)
  assert.match(await pageOf(registryWith(1)), /1 changed tarball was refused/)
  assert.match(await pageOf(registryWith(2)), /2 changed tarballs were refused/)
})
