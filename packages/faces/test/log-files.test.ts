import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, textOf } from './app-fixture.ts'

// The log of the fixture has 300 entries: one full tile and 44 at level 0, one hash at level 1.
const rows: readonly (readonly [path: string, body: string | undefined])[] = [
  ['tile/0/000', 'tile 0 0 256'],
  ['tile/0/000.p/1', 'tile 0 0 1'],
  ['tile/0/001.p/44', 'tile 0 1 44'],
  ['tile/0/001.p/43', 'tile 0 1 43'],
  ['tile/0/001.p/45', undefined],
  ['tile/0/001', undefined],
  ['tile/1/000.p/1', 'tile 1 0 1'],
  ['tile/1/000.p/2', undefined],
  ['tile/2/000.p/1', undefined],
  ['tile/63/000', undefined],
  ['tile/64/000', undefined],
  ['tile/0/x001/000', undefined],
  ['tile/0/x999/x999/x999/x999/x999/999', undefined],
  ['tile/entries/000', 'entries 0 256'],
  ['tile/entries/001.p/44', 'entries 1 44'],
  ['tile/entries/001.p/45', undefined],
  ['body/001.p/44', 'body 1 44'],
  ['effects/000', 'effects 0 256'],
  ['value/000', 'value 0 256'],
  ['value/002.p/1', undefined],
  ['tile/0/0', undefined],
  ['tile/0/000.p/0', undefined],
  ['tile/0/000.p/256', undefined],
  ['tile/0/000.p/01', undefined],
  ['tile/00/000', undefined],
  ['tile/-1/000', undefined],
  ['tile/data/000', undefined],
  ['tile/0/%30%30%30.p/1', 'tile 0 0 1'],
  ['tile/0/..%2f000', undefined],
  ['nothing', undefined],
  ['', undefined],
]
for (const [path, body] of rows) {
  test(`GET /-/log/${path} answers ${body ?? 404}`, async () => {
    const { app } = createFixture()
    const reply = await app(ask('GET', `/-/log/${path}`))
    assert.equal(reply.status, body === undefined ? 404 : 200)
    if (body !== undefined) assert.equal(textOf(reply), body)
  })
}

test('pages of any origin may audit a registry that has a public address, and no other', async () => {
  const names = ['checkpoint', 'head', 'key', 'tile/0/000', 'body/000']
  const paths = names.map((name) => ask('GET', `/-/log/${name}`))
  const proof = ask('POST', '/-/stele/proof', { body: { queries: [] } })
  for (const request of [...paths, proof]) {
    const origins = [{}, { publicUrl: 'https://r.example' }].map(async (settings) => {
      const { headers } = await createFixture({ settings }).app(request)
      return headers['access-control-allow-origin']
    })
    assert.deepEqual(await Promise.all(origins), [undefined, '*'])
  }
})

test('GET /-/log/blob answers strict names alone, in parts too', async () => {
  const { app, registry } = createFixture()
  const name = hash('sha512', 'some bytes', 'hex')
  registry.blobs.set(name, Buffer.from('some bytes'))
  const fold = name.slice(0, 2)
  const status = async (path: string): Promise<number> =>
    (await app(ask('GET', `/-/log/blob/${path}`))).status
  assert.equal(await status(`${fold}/${name}`), 200)
  assert.equal(await status(`${fold}/${name.toUpperCase()}`), 404)
  assert.equal(await status(`${fold === '00' ? '01' : '00'}/${name}`), 404)
  assert.equal(await status(`${fold}/${name.slice(2)}`), 404)
  assert.equal(await status(`${fold}/../${name}`), 404)
  const part = await app(
    ask('GET', `/-/log/blob/${fold}/${name}`, { headers: { range: 'bytes=5-' } }),
  )
  assert.deepEqual([part.status, textOf(part)], [206, 'bytes'])
})

test('GET /-/log/checkpoint answers 404 while there is none', async () => {
  const { app, ports } = createFixture()
  Object.assign(ports.log, { checkpoint: () => undefined })
  assert.equal((await app(ask('GET', '/-/log/checkpoint'))).status, 404)
})
