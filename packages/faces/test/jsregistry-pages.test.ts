import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Reply } from '@stele/http'
import { ask } from '../../http/test/incoming.ts'
import { pagePolicy } from '../src/web/page.ts'
import {
  createFixture,
  type Fixture,
  type FixtureSettings,
  jsonOf,
  publishDocument,
  signUp,
  textOf,
} from './app-fixture.ts'

const home = 'http://localhost:4873/resources/jsregistry'

async function filled(
  releases: readonly (readonly [string, string])[],
  settings: Partial<FixtureSettings> = {},
): Promise<Fixture> {
  const fixture = createFixture({ settings })
  const { authorization } = await signUp(fixture, 'max')
  for (const [name, version] of releases) {
    const body = publishDocument(name, version)
    const path = `/${name.replace('/', '%2f')}`
    await fixture.app(ask('PUT', path, { body, headers: { authorization } }))
  }
  return fixture
}

function get({ app }: Fixture, path: string, accept = 'text/html,*/*;q=0.8'): Promise<Reply> {
  return app(ask('GET', `/resources/jsregistry${path}`, { headers: { accept } }))
}

/** The addresses of its links whose words are these. */
function linksOf(reply: Reply, words: string): readonly string[] {
  return [...textOf(reply).matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].flatMap(
    ([, address, text]) =>
      text === words ? [(address ?? '').replaceAll('&#38;', '&').replaceAll('&#39;', "'")] : [],
  )
}

/** What a link leads to, as a path below the JS Registry. */
function pathOf(address: string): string {
  assert.ok(address.startsWith(home), address)
  return address.slice(home.length)
}

suite('the pages of the JS Registry', () => {
  let fixture: Fixture
  before(async () => {
    const many = Array.from({ length: 60 }, (_, at) => ['map', `1.0.${at}`] as const)
    fixture = await filled([...many, ['@ct/map', '3.1.0'], ['base', '2.0.0']])
  })

  for (const path of ['', '/', '/packs']) {
    test(`GET of "${path}" is a page for browsers, which may fetch nothing, and JSON for programs`, async () => {
      const page = await get(fixture, path)
      assert.equal(page.status, 200)
      assert.match(page.headers['content-type'] ?? '', /^text\/html/)
      assert.equal(page.headers['content-security-policy'], pagePolicy)
      assert.match(page.headers['vary'] ?? '', /Accept/i)
      for (const accept of ['application/json', '*/*']) {
        const json = await get(fixture, path, accept)
        assert.match(json.headers['content-type'] ?? '', /^application\/json/)
      }
    })
  }

  test('GET of the JS Registry tells programs where everything is', async () => {
    assert.deepEqual(jsonOf(await get(fixture, '', 'application/json')), {
      root: `${home}/root`,
      packs: `${home}/packs`,
      upload: `${home}/upload`,
    })
  })

  for (const [beginning, ids] of [
    ['@ct/', ['@ct/map']],
    ['b', ['base']],
  ] as const) {
    test(`its page leads to the packs whose names begin with "${beginning}"`, async () => {
      const [link = ''] = linksOf(await get(fixture, ''), beginning)
      const packs = await get(fixture, pathOf(link), 'application/json')
      const { items } = jsonOf(packs)
      assert.ok(Array.isArray(items))
      assert.deepEqual(
        items.map((item: unknown) => Object(item).name),
        ids,
      )
      assert.match(textOf(await get(fixture, pathOf(link))), /<b>@ct\/map<\/b>|<b>base<\/b>/)
    })
  }

  test('the page of packs leads to every version, and to its files', async () => {
    const page = await get(fixture, '/packs?filter=name+%3D+%22base%22')
    const version = jsonOf(await get(fixture, pathOf(linksOf(page, '2.0.0')[0] ?? '')))
    assert.equal(version['_id'], 'base@2.0.0')
    const [tarball = ''] = linksOf(page, 'tgz')
    assert.equal(textOf(await get(fixture, pathOf(tarball))), 'tarball of base@2.0.0')
    assert.deepEqual(linksOf(page, 'zip'), [`${home}/root/base/-/base@2.0.0.zip`])
  })

  test('the page of packs goes on to the last one, and back to the first', async () => {
    const first = await get(fixture, '/packs?sort=-version')
    assert.match(textOf(first), /62 versions, of which these are 1 to 50/)
    assert.deepEqual(linksOf(first, 'Back'), [])
    const last = await get(fixture, pathOf(linksOf(first, 'Further')[0] ?? ''))
    assert.match(textOf(last), /62 versions, of which these are 51 to 62/)
    assert.deepEqual(linksOf(last, 'Further'), [])
    const again = await get(fixture, pathOf(linksOf(last, 'Back')[0] ?? ''))
    assert.equal(textOf(again).split('<table>')[1], textOf(first).split('<table>')[1])
  })

  test('a click on what packs are sorted by turns them round', async () => {
    const [up = ''] = linksOf(await get(fixture, '/packs'), 'version')
    assert.match(up, /sort=%2Bversion/)
    const [down = ''] = linksOf(await get(fixture, pathOf(up)), 'version')
    assert.match(down, /sort=-version/)
  })

  test('what somebody asks for is text on the page, and nothing else', async () => {
    const filter = 'name != "<script>alert(1)</script>"'
    const page = textOf(await get(fixture, `/packs?${new URLSearchParams({ filter }).toString()}`))
    assert.doesNotMatch(page, /<script/)
    assert.match(page, /&#60;script&#62;/)
  })
})

test('the pages offer no files where distribution files are turned off', async () => {
  const fixture = await filled([['map', '1.0.0']], { 'distribution.enabled': false })
  assert.match(textOf(await get(fixture, '')), /npm cannot install from this address/)
  assert.deepEqual(linksOf(await get(fixture, '/packs'), 'tgz'), [])
})

test('the pages of an empty registry say that it is', async () => {
  const fixture = await filled([])
  assert.match(textOf(await get(fixture, '')), /<p>0 packages\.<\/p>/)
  assert.match(textOf(await get(fixture, '/packs')), /<p>0 versions\.<\/p>/)
})
