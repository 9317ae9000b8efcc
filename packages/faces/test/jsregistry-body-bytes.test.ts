import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../../conformance/temporary-folder.ts'
import { bytesOf } from '../src/jsregistry/body-bytes.ts'

const bytes = Buffer.from('0123456789')

async function* streamed(): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 4)
  yield bytes.subarray(4)
}

for (const kind of ['bytes', 'file', 'stream'] as const) {
  test(`bytesOf() gives the bytes of a ${kind}, and refuses more than its limit`, async () => {
    await using folder = await makeFolder('body')
    const file = join(folder.path, 'body')
    await writeFile(file, bytes)
    const body = () => ({ bytes, file: { file, size: 10 }, stream: streamed() })[kind]
    assert.deepEqual(Buffer.from(await bytesOf(body(), 10)), bytes)
    await assert.rejects(bytesOf(body(), 9), { code: 'tarball_too_large' })
  })
}

test('bytesOf() of no body gives no bytes', async () => {
  assert.equal((await bytesOf(undefined, 0)).length, 0)
})
