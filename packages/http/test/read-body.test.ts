// Bodies read into one buffer: how large ones are put together.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { joinedPerTurnBytes } from '../src/limits.ts'
import { readBody } from '../src/read-body.ts'

const limitBytes = 64 * 1024 * 1024
const chunkBytes = 64 * 1024

/** A request whose body has arrived, in chunks that each have their own byte. */
function requestOf(chunks: number): { request: IncomingMessage; body: Buffer } {
  const request = new IncomingMessage(new Socket())
  const parts = Array.from({ length: chunks }, (_, at) => Buffer.alloc(chunkBytes, at))
  for (const part of parts) request.push(part)
  request.complete = true
  request.push(null)
  return { request, body: Buffer.concat(parts) }
}

for (const chunks of [0, 1, 16, 17, 33]) {
  test(`readBody() gives what was sent, in its order, when ${chunks} chunks of 64 KiB came`, async () => {
    const { request, body } = requestOf(chunks)
    const budget = { limitBytes, usedBytes: 0 }
    const read = await readBody(request, limitBytes, budget)
    assert.ok(body.equals(read))
    assert.equal(budget.usedBytes, body.length)
  })
}

test('readBody() lets others have their turns while it puts a large body together', async () => {
  const turns = 5
  const { request } = requestOf((turns * joinedPerTurnBytes) / chunkBytes)
  const reading = readBody(request, limitBytes, { limitBytes, usedBytes: 0 })
  let [isRead, had] = [false, 0]
  void reading.then(() => {
    isRead = true
  })
  await once(request, 'end')
  while (!isRead) {
    await new Promise((resolve) => setImmediate(resolve))
    had++
  }
  assert.ok(had >= turns, `they had ${had}`)
})
