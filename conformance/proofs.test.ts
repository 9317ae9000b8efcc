// Proofs of state from a real server, checked with nothing but the log's keys: a release, its absence, the list of versions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateQuery } from '../packages/state/src/index.ts'
import { openBundle } from '../packages/state/src/public/bundle.ts'
import { type NoteVerifier, parseVkey } from '../packages/tlog/src/public/notes.ts'
import { makeUpload, signUp } from './registry-client.ts'
import { startServer } from './server.ts'

const versions = '/packages/@team%2Fa/versions'

async function keysOf(url: string): Promise<{ origin: string; verifiers: NoteVerifier[] }> {
  const text = await (await fetch(`${url}/-/log/key`)).text()
  const verifiers = text.trim().split('\n').map(parseVkey)
  return { origin: verifiers[0]?.name ?? '', verifiers }
}

async function prove(url: string, queries: readonly StateQuery[]): Promise<Uint8Array> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ queries })
  const response = await fetch(`${url}/-/stele/proof`, { method: 'POST', headers, body })
  assert.equal(response.status, 200)
  return new Uint8Array(await response.arrayBuffer())
}

test('the server proves a release, that a version does not exist, and which versions there are', async () => {
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  for (const version of ['1.0.0', '1.1.0']) {
    const { document } = makeUpload({ name: '@team/a', version })
    assert.equal((await alice.send('PUT', '/@team%2fa', document)).status, 201)
  }
  const queries = [
    { object: versions, field: '1.0.0' },
    { object: versions, field: '9.9.9' },
    { object: versions, prefix: '' },
    { object: '/packages', field: '@team%2Fa/' },
    { object: '/packages/nobody/versions', prefix: '' },
  ]
  const claim = { queries, ...(await keysOf(server.url)) }
  const bundle = await prove(server.url, queries)
  const opened = openBundle(bundle, claim)
  const value = opened.get(versions, '1.0.0')
  assert.ok(value !== undefined && 'bytes' in value)
  const { integrity } = makeUpload({ name: '@team/a', version: '1.0.0' })
  assert.equal(JSON.parse(Buffer.from(value.bytes).toString()).integrity, integrity)
  assert.equal(opened.get(versions, '9.9.9'), undefined)
  assert.deepEqual(
    opened.list(versions, '').map(([field]) => field),
    ['1.0.0', '1.1.0'],
  )
  assert.deepEqual(opened.list('/packages/nobody/versions', ''), [])
  assert.throws(() => opened.get('/accounts', 'alice'), { code: 'proof_not_covered' })
  for (let at = 0; at < bundle.length; at += 7) {
    const flipped = Uint8Array.from(bundle)
    flipped[at] = (flipped[at] ?? 0) ^ 1
    assert.throws(() => openBundle(flipped, claim), Error, `byte ${at}`)
  }
})

test('5,000 proofs are answered while publishes go on, and 5,001 are refused', async () => {
  await using server = await startServer()
  const alice = await signUp(server.url, 'alice')
  const { document } = makeUpload({ name: 'a', version: '1.0.0' })
  assert.equal((await alice.send('PUT', '/a', document)).status, 201)
  const queries = Array.from({ length: 5000 }, (_, i) => ({
    object: `/packages/p${i}/versions`,
    field: '1.0.0',
  }))
  const next = makeUpload({ name: 'a', version: '1.0.1' })
  const [bundle, published] = await Promise.all([
    prove(server.url, queries),
    alice.send('PUT', '/a', next.document),
  ])
  assert.equal(published.status, 201)
  openBundle(bundle, { queries, ...(await keysOf(server.url)) })
  const body = JSON.stringify({ queries: [...queries, { object: '/x', field: 'y' }] })
  const refused = await fetch(`${server.url}/-/stele/proof`, { method: 'POST', body })
  assert.equal(refused.status, 400)
})
