import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { maxUnreadBytes } from '../src/limits.ts'
import { gatherUnread } from '../src/unread-body.ts'

const open = (): Readable => new Readable({ read: () => undefined })

async function piecesOf(stream: Readable): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece)
  return pieces
}

test('gatherUnread() holds tiny chunks as one piece, and asks for a pause when they are many', async () => {
  const stream = open()
  const heldBytes = gatherUnread(stream)
  const asked = Array.from({ length: 10_000 }, () => stream.push(Buffer.from('x')))
  assert.equal(asked.indexOf(false), maxUnreadBytes)
  assert.equal(heldBytes(), 10_000)
  stream.push(null)
  const pieces = await piecesOf(stream)
  assert.deepEqual(
    pieces.map((piece) => piece.length),
    [10_000],
  )
})

test('gatherUnread() does not copy a body of one chunk', async () => {
  const stream = open()
  gatherUnread(stream)
  const chunk = Buffer.from('{}')
  stream.push(chunk)
  stream.push(null)
  const [piece] = await piecesOf(stream)
  assert.equal(piece?.buffer, chunk.buffer)
})

const readers = {
  data: (stream: Readable, bytes: Buffer[]) => stream.on('data', (chunk) => bytes.push(chunk)),
  iterator: (stream: Readable, bytes: Buffer[]) =>
    void piecesOf(stream).then((pieces) => bytes.push(...pieces)),
} as const

const chunks = [1, 1, 6_000, 3, 70_000, 1, 2].map((size, index) => Buffer.alloc(size, index + 1))
for (const reader of ['data', 'iterator'] as const) {
  // After the last one it is read when it has ended already.
  for (let readFrom = 0; readFrom <= chunks.length + 1; readFrom++) {
    test(`gatherUnread() loses and changes nothing when it is read by ${reader} after ${readFrom} of ${chunks.length} chunks`, async () => {
      const [stream, found]: [Readable, Buffer[]] = [open(), []]
      const heldBytes = gatherUnread(stream)
      const ended = new Promise((resolve) => stream.once('end', resolve))
      for (const [index, chunk] of [...chunks, null].entries()) {
        if (index === readFrom) readers[reader](stream, found)
        stream.push(chunk)
      }
      if (readFrom > chunks.length) readers[reader](stream, found)
      await ended
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(Buffer.concat(found), Buffer.concat(chunks))
      assert.equal(heldBytes(), 0)
    })
  }
}
