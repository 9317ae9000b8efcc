// A tarball on its way, read by somebody who is slower than the network.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { arrive } from '../src/arriving.ts'

const content = Buffer.from('a tarball in three pieces')
const pieces = [content.subarray(0, 5), content.subarray(5, 9), content.subarray(9)]

test('bytes() gives all to whoever is still reading when the file is closed and moved', async () => {
  let arrived = Buffer.alloc(0)
  let isClosed = false
  const { promise: moved, resolve: move } = Promise.withResolvers<void>()
  const receiving = {
    append: async (chunk: Uint8Array) => {
      arrived = Buffer.concat([arrived, chunk])
    },
    read: async (offset: number, sizeBytes: number) => {
      assert.ok(!isClosed, 'The file is closed')
      return arrived.subarray(offset, offset + Math.min(sizeBytes, 2))
    },
    keep: async (_integrity: string, sha512: string) => {
      isClosed = true
      await moved
      return { sha512, sizeBytes: content.length, path: 'kept' }
    },
    drop: async () => undefined,
  }
  const answer = {
    status: 200,
    headers: {},
    cancel: () => undefined,
    body: (async function* () {
      yield* pieces
    })(),
  }
  const open = async () => ({
    read: async (offset: number, sizeBytes: number) => content.subarray(offset, offset + sizeBytes),
    close: async () => undefined,
  })
  const integrity = `sha512-${hash('sha512', content, 'base64')}`
  const { bytes } = arrive(
    answer,
    { receiving, open, maxBytes: 1000 },
    { upstream: 'up', spec: 'a@1.0.0', integrity, sha512: undefined },
  )
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes()) {
    chunks.push(chunk)
    while (!isClosed) await new Promise((resolve) => setImmediate(resolve))
    move()
  }
  assert.deepEqual(Buffer.concat(chunks), content)
})
