// Reading what upstreams sent, when the server stops.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeavyWork } from '../src/server/heavy-work.ts'
import { openReading } from '../src/upstream/reading.ts'

test('takeApart() is refused, and starts no thread, when the reading is closed', async () => {
  const reading = openReading(new URL('file:///there-is-no-such-module.ts'), createHeavyWork(), 1)
  await reading.close()
  const held = { path: 'a', sha512: 'b', sizeBytes: 1 }
  await assert.rejects(reading.takeApart(held), /it is stopping/)
})
