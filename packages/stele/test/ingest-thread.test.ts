// A real thread that reads uploads.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { isSteleError } from '@stele/errors'
import { parsePackageName } from '@stele/formats/names'
import { readDocument } from '@stele/registry'
import { makePackage } from '../../testkit/src/index.ts'
import { startIngestThread } from '../src/ingest/thread.ts'

const main = new URL('../src/main.ts', import.meta.url)
const name = parsePackageName('p')
const manifest = { name: 'p', version: '1.0.0' }

function bodyOf(change: object = {}): Uint8Array {
  const tarball = makePackage(manifest, { 'x.js': 'x'.repeat(5000) })
  const dist = { integrity: `sha512-${hash('sha512', tarball, 'base64')}` }
  const data = Buffer.from(tarball).toString('base64')
  const document = {
    name,
    versions: { '1.0.0': { ...manifest, dist } },
    _attachments: { 'p-1.0.0.tgz': { data, length: tarball.length } },
    ...change,
  }
  return Buffer.from(JSON.stringify(document))
}

test('startIngestThread() reads what readDocument() reads, and throws what it throws', async () => {
  const thread = startIngestThread(main)
  try {
    const job = { account: 'alice', name, isChange: false }
    const found = await thread.read({ ...job, body: bodyOf() })
    const wanted = readDocument({ ...job, body: bodyOf() })
    assert.ok(found.kind === 'upload' && wanted.kind === 'upload')
    assert.deepEqual(Buffer.from(found.upload.tarball), Buffer.from(wanted.upload.tarball))
    const { tarball: _one, ...upload } = found.upload
    const { tarball: _other, ...rest } = wanted.upload
    assert.deepEqual(upload, rest)
    const change = await thread.read({ ...job, isChange: true, body: bodyOf() })
    assert.deepEqual(change, readDocument({ ...job, isChange: true, body: bodyOf() }))
    const refused = thread.read({ ...job, body: bodyOf({ name: 'q' }) })
    await assert.rejects(refused, (error) => isSteleError(error, 'upload_invalid'))
    assert.equal(thread.isUsable(), true)
  } finally {
    await thread.end()
  }
  assert.equal(thread.isUsable(), false)
})
