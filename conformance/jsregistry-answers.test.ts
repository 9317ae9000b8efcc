// What the addresses of the JS Registry answer, header by header: media types, Vary, ETag and 304, HEAD, names however they are encoded, and
// errors that are JSON whatever was asked.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { makePackage } from '../packages/testkit/src/tarball.ts'
import { memberOf, publish, signUp, uploadOf } from './registry-client.ts'
import { assertNoTrouble, type Server, startServer } from './server.ts'

const home = '/resources/jsregistry'
const tree = `${home}/root`
const scoped = { name: '@team/map', version: '3.1.0' }
const plain = { name: 'tiles', version: '1.0.0-SNAPSHOT' }
const odd = 'größe & 100%.js'
const files = { 'index.js': '1', 'page.html': '<script>', 'data.bin': 'x', [odd]: '2' }

const npm = { 'user-agent': 'npm/11.0.0 node/v24.0.0 linux x64' }
const short = { accept: 'application/vnd.npm.install-v1+json' }
const browser = { accept: 'text/html,application/xhtml+xml' }
const json = /^application\/json(?:; charset=utf-8)?$/
const html = /^text\/html; charset=utf-8$/
const readers = ['accept', 'user-agent', 'npm-command']

type Row = readonly [
  title: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  type: RegExp,
  varies: readonly string[],
]

const answers: readonly Row[] = [
  ['the JS Registry', home, {}, json, ['accept']],
  ['the JS Registry to a browser', home, browser, html, ['accept']],
  ['the root', tree, {}, json, []],
  ['a package', `${tree}/tiles`, {}, json, readers],
  ['a package to npm', `${tree}/tiles`, npm, json, readers],
  ['a package in short', `${tree}/tiles`, short, json, readers],
  ['a version', `${tree}/tiles/1.0.0-SNAPSHOT`, {}, json, readers],
  ['a version to npm', `${tree}/tiles/1.0.0-SNAPSHOT`, npm, json, readers],
  ['a version with dist', `${tree}/tiles/1.0.0-SNAPSHOT?dist=true`, {}, json, readers],
  ['a tarball', `${tree}/tiles/-/tiles@1.0.0-SNAPSHOT.tgz`, {}, /^application\/octet-stream$/, []],
  ['a zip', `${tree}/tiles/-/tiles@1.0.0-SNAPSHOT.zip`, {}, /^application\/zip$/, []],
  ['a script', `${tree}/tiles/latest/index.js`, {}, /^text\/javascript; charset=utf-8$/, []],
  [
    'a page in a package',
    `${tree}/tiles/latest/page.html`,
    browser,
    /^text\/plain; charset=utf-8$/,
    [],
  ],
  [
    'a file of no known kind',
    `${tree}/tiles/latest/data.bin`,
    {},
    /^application\/octet-stream$/,
    [],
  ],
  ['packs', `${home}/packs`, {}, json, ['accept']],
  ['packs to a browser', `${home}/packs`, browser, html, ['accept']],
]

const spellings = [
  `${tree}/@team/map`,
  `${tree}/@team%2fmap`,
  `${tree}/@team%2Fmap`,
  `${tree}/%40team%2Fmap`,
  `${tree}/%40team/map`,
  `${tree}/@team/map/`,
]

const refused: readonly (readonly [
  string,
  string,
  string,
  Readonly<Record<string, string>>,
  number,
])[] = [
  ['a name that is not there', 'GET', `${tree}/nowhere`, {}, 404],
  ['the same to a browser', 'GET', `${tree}/nowhere`, browser, 404],
  ['the same to npm', 'GET', `${tree}/nowhere`, npm, 404],
  ['a name beyond ASCII', 'GET', `${tree}/gr%C3%B6%C3%9Fe`, {}, 400],
  ['half a character', 'GET', `${tree}/gr%C3`, {}, 400],
  ['a version that is not there', 'GET', `${tree}/tiles/9.9.9`, {}, 404],
  ['a tag that is not there', 'GET', `${tree}/tiles/next`, {}, 404],
  ['a file that is not there', 'GET', `${tree}/tiles/latest/nothing.js`, browser, 404],
  ['a path that leaves the package', 'GET', `${tree}/tiles/latest/..%2f..%2fx`, {}, 404],
  ['a zip that is not there', 'GET', `${tree}/tiles/-/tiles@9.9.9.zip`, {}, 404],
  ['a file of another package', 'GET', `${tree}/tiles/-/map@1.0.0.zip`, {}, 404],
  ['a place that is none', 'GET', `${home}/nothing`, browser, 404],
  ['a filter that is none', 'GET', `${home}/packs?filter=x`, {}, 400],
  ['a range that is none', 'GET', `${home}/packs?range=x`, {}, 400],
  ['a change of the tree', 'PUT', `${tree}/tiles`, {}, 404],
  ['a way to ask that there is not', 'POST', `${tree}/tiles`, {}, 405],
  ['an upload without credentials', 'POST', `${home}/upload`, {}, 401],
  ['a deletion without credentials', 'DELETE', `${home}/packs?id=tiles@1.0.0`, {}, 401],
]

suite('the JS Registry answers', () => {
  let server: Server
  before(async () => {
    server = await startServer()
    const max = await signUp(server.url, 'max')
    for (const manifest of [scoped, plain]) {
      const upload = uploadOf(manifest, makePackage(manifest, files))
      assert.equal((await publish(max, upload)).status, 201)
    }
  })
  after(async () => {
    assertNoTrouble(server.lines)
    await server[Symbol.asyncDispose]()
  })

  const ask = (path: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
    fetch(server.url + path, { method, headers: { accept: '*/*', ...headers } })

  for (const [title, path, headers, type, varies] of answers) {
    test(`${title}: its kind, what it varies by, HEAD, and 304`, async () => {
      const got = await ask(path, headers)
      const body = await got.bytes()
      assert.equal(got.status, 200, Buffer.from(body).toString())
      assert.match(got.headers.get('content-type') ?? '', type)
      const told = (got.headers.get('vary') ?? '').toLowerCase().split(/, */)
      const missing = varies.filter((header) => !told.includes(header))
      assert.deepEqual(missing, [], `Vary is "${told.join(', ')}"`)
      const etag = got.headers.get('etag')
      assert.match(etag ?? '', /^(?:W\/)?"[^"]+"$/)
      assert.match(got.headers.get('cache-control') ?? '', /no-cache|max-age|private/)
      assert.equal(got.headers.get('x-content-type-options'), 'nosniff')

      const head = await ask(path, headers, 'HEAD')
      assert.equal(head.status, 200)
      assert.equal((await head.bytes()).length, 0)
      for (const header of ['content-type', 'etag', 'vary', 'cache-control']) {
        assert.equal(head.headers.get(header), got.headers.get(header), header)
      }
      const known = await ask(path, { ...headers, 'if-none-match': etag ?? '' })
      assert.equal(known.status, 304)
      assert.equal((await known.bytes()).length, 0)
      assert.equal(known.headers.get('etag'), etag)
      const other = await ask(path, { ...headers, 'if-none-match': '"other"' })
      assert.equal(other.status, 200)
      assert.deepEqual(await other.bytes(), body)
    })
  }

  test('each reader of one address with an ETag of its own', async () => {
    const path = `${tree}/tiles`
    const etags = await Promise.all(
      [{}, npm, short].map(async (headers) => (await ask(path, headers)).headers.get('etag')),
    )
    assert.equal(new Set(etags).size, 3, etags.join(' '))
  })

  for (const path of spellings) {
    test(`the same package at ${path.slice(tree.length)}`, async () => {
      const shown: unknown = await (await ask(path, {})).json()
      assert.equal(memberOf(shown, 'name'), '@team/map')
      const address = String(memberOf(memberOf(shown, 'versions'), '3.1.0'))
      const release: unknown = await (await fetch(address)).json()
      assert.equal(memberOf(release, '_id'), '@team/map@3.1.0')
      assert.equal(memberOf(release, 'location'), address)
    })
  }

  for (const name of [encodeURIComponent(odd), encodeURI(odd)]) {
    test(`a file whose name is beyond ASCII, at ${name}`, async () => {
      const response = await ask(`${tree}/tiles/latest/${name}`, {})
      assert.equal(await response.text(), '2')
    })
  }

  for (const [title, method, path, headers, status] of refused) {
    test(`${title} with ${status}, and an error in JSON`, async () => {
      const response = await ask(path, headers, method)
      const text = await response.text()
      assert.equal(response.status, status, text)
      assert.match(response.headers.get('content-type') ?? '', json)
      assert.match(String(memberOf(JSON.parse(text), 'error')), /^[A-Z][^\n]{10,}/)
    })
  }
})
