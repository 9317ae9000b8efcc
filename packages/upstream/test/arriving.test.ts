// A tarball on its way, read by somebody who is slower than the network.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { arrive } from '../src/arriving.ts'

const content = Buffer.from('a tarball in three pieces')
const pieces = [content.subarray(0, 5), content.subarray(5, 9), content.subarray(9)]

/** A tarball that comes in three pieces. It is removed after a while, and who opened it before then reads on. */
function createWorld() {
  let arrived = Buffer.alloc(0)
  let isClosed = false
  let isGone = false
  let opened = 0
  let closed = 0
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
    endWithin: () => undefined,
    body: (async function* () {
      yield* pieces
    })(),
  }
  const open = async () => {
    assert.ok(!isGone, 'The file is gone')
    opened += 1
    return {
      read: async (offset: number, sizeBytes: number) =>
        content.subarray(offset, offset + sizeBytes),
      close: async () => void closed++,
    }
  }
  const integrity = `sha512-${hash('sha512', content, 'base64')}`
  const arriving = arrive(
    answer,
    { receiving, open, maxBytes: 1000 },
    { upstream: 'up', spec: 'a@1.0.0', integrity, sha512: undefined },
  )
  return {
    arriving,
    move,
    isClosed: () => isClosed,
    remove: () => {
      isGone = true
    },
    files: () => ({ opened, closed }),
  }
}

test('bytes() gives all to whoever is still reading when the file is closed and moved', async () => {
  const { arriving, isClosed, move } = createWorld()
  const chunks: Uint8Array[] = []
  for await (const chunk of arriving.bytes()) {
    chunks.push(chunk)
    while (!isClosed()) await nextTurn()
    move()
  }
  assert.deepEqual(Buffer.concat(chunks), content)
})

test('bytes() gives all to whoever is still reading when the file is removed again', async () => {
  const { arriving, isClosed, move, remove, files } = createWorld()
  const chunks: Uint8Array[] = []
  for await (const chunk of arriving.bytes()) {
    chunks.push(chunk)
    while (!isClosed()) await nextTurn()
    move()
    await arriving.whole
    await nextTurn()
    remove()
  }
  assert.deepEqual(Buffer.concat(chunks), content)
  assert.deepEqual(files(), { opened: 1, closed: 1 })
})

test('bytes() closes the file of whoever leaves, also before all of it is here', async () => {
  for (const leaves of ['before', 'after'] as const) {
    const { arriving, isClosed, move, files } = createWorld()
    for await (const _chunk of arriving.bytes()) {
      while (!isClosed()) await nextTurn()
      if (leaves === 'before') break
      move()
      await arriving.whole
      break
    }
    move()
    await arriving.whole
    await nextTurn()
    assert.deepEqual(files(), { opened: 1, closed: 1 }, leaves)
  }
})
