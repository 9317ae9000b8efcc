// What people and programs are told of changes that upstreams made and this registry refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConflictsAsk } from '@stele/registry/reading'
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
    what: index % 3 === 2 ? ('record' as const) : ('tarball' as const),
    shown: index % 3 === 2 ? `new${index}` : `sha512-new${index}`,
    pinned: index % 2 === 0 ? `sha512-old${index}` : undefined,
    isAmended: index % 6 === 5,
    seenMs: Date.UTC(2026, 10, 21),
    entry: index + 10,
  }))
  Object.assign(fixture.registry, {
    upstreams: ['npm'],
    conflicts: ({ from, size, what }: ConflictsAsk) => {
      const of = (part: string | undefined): typeof all =>
        all.filter((one) => part === undefined || one.what === part)
      const counts = { tarball: of('tarball').length, record: of('record').length }
      return { counts, found: of(what).slice(from, from + size) }
    },
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
        what: 'tarball',
        pinned: 'sha512-old0',
        refused: 'sha512-new0',
        seen: '2026-11-21T00:00:00.000Z',
        entry: 10,
      },
      {
        name: 'p1',
        version: '1.0.0',
        what: 'tarball',
        refused: 'sha512-new1',
        seen: '2026-11-21T00:00:00.000Z',
        entry: 11,
      },
    ],
  })
})

test('GET /-/stele/conflicts tells changed records too, alone where they are asked for', async () => {
  const { app } = registryWith(6)
  const read = async (query: string): Promise<readonly unknown[]> => {
    const { total, conflicts } = jsonOf(await app(ask('GET', path + query)))
    const found = Array.isArray(conflicts) ? conflicts : []
    return [total, ...found.map(({ what, refused, amended }) => [what, refused, amended])]
  }
  assert.deepEqual(await read('?what=record'), [
    2,
    ['record', 'new2', undefined],
    ['record', 'new5', true],
  ])
  assert.equal((await read('?what=tarball'))[0], 4)
  assert.equal((await read('?what=nonsense'))[0], 6)
  const page = textOf(await app(ask('GET', `${path}?what=record`, { headers: browser })))
  assert.match(
    page,
    /<td>record<\/td><td><code>SHA-256 sha512-old2<\/code><\/td><td><code>SHA-256 new2<\/code>/,
  )
  assert.match(page, /<td>what the tarball's package\.json tells \(amended\)<\/td>/)
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
  assert.match(await pageOf(registryWith(0)), /<b>npm<\/b>.*None of these was changed so far/s)
  assert.match(await pageOf(registryWith(1)), /1 changed tarball was refused/)
  assert.match(await pageOf(registryWith(2)), /2 changed tarballs were refused/)
  assert.match(
    await pageOf(registryWith(3)),
    /2 changed tarballs and 1 changed list of dependencies or the like were refused/,
  )
})
