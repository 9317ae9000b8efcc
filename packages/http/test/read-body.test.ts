// Bodies read into one buffer: how large ones are put together.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { createBodyBudget } from '../src/body-budget.ts'
import { bodyPaceMs, joinedPerTurnBytes, minPaceBytes } from '../src/limits.ts'
import { readBody } from '../src/read-body.ts'

const limitBytes = 64 * 1024 * 1024
const chunkBytes = 64 * 1024
const sender = { client: '192.0.2.1' }

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
    const budget = createBodyBudget(limitBytes)
    const { bytes, release } = await readBody(request, limitBytes, { budget, sender })
    assert.ok(body.equals(bytes))
    assert.equal(budget.usedBytes(), body.length)
    release()
    assert.equal(budget.usedBytes(), 0)
  })
}

test('readBody() lets others have their turns while it puts a large body together', async () => {
  const turns = 5
  const { request } = requestOf((turns * joinedPerTurnBytes) / chunkBytes)
  const reading = readBody(request, limitBytes, {
    budget: createBodyBudget(limitBytes),
    sender,
  })
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

// bytes that come in each period, in which one the body is refused
for (const [came, refusedIn] of [
  [[minPaceBytes, minPaceBytes, minPaceBytes], undefined],
  [[minPaceBytes - 1], 1],
  [[minPaceBytes * 10, 0], 2],
  [[minPaceBytes, minPaceBytes, 1], 3],
] as const) {
  test(`readBody() ${refusedIn ? 'throws body_too_slow' : 'waits on'} when ${came.join(', ')} bytes come in a period each`, async () => {
    const request = new IncomingMessage(new Socket())
    const periods: (() => void)[] = []
    const every = (periodMs: number, work: () => void): (() => void) => {
      assert.equal(periodMs, bodyPaceMs)
      periods.push(work)
      return () => void periods.splice(0)
    }
    const budget = createBodyBudget(limitBytes)
    let settled = ''
    const reading = readBody(request, limitBytes, { budget, sender, every }).then(
      ({ bytes }) => (settled = `${bytes.length} bytes`),
      (error: { code: string }) => (settled = error.code),
    )
    for (const [at, sizeBytes] of came.entries()) {
      if (sizeBytes > 0) request.push(Buffer.alloc(sizeBytes))
      await new Promise((resolve) => setImmediate(resolve))
      for (const end of periods) end()
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(settled, at + 1 === refusedIn ? 'body_too_slow' : '')
    }
    if (refusedIn === undefined) {
      request.complete = true
      request.push(null)
      await reading
      assert.equal(settled, `${came.reduce<number>((sum, one) => sum + one, 0)} bytes`)
    } else assert.equal(budget.usedBytes(), 0)
    assert.equal(periods.length, 0) // Nothing watches it any more.
  })
}
