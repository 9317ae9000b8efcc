import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCanonicalJson } from '@stele/formats'
import { hashParts } from '../scripts/engine-parts.ts'
import { engines } from '../src/engine.ts'

for (const memory of ['fresh', 'kept'] as const) {
  test(`the engine with ${memory} memory names the files as they are`, () => {
    const message = 'A part changed: that is a new engine. Run: node packages/host/scripts/pin.ts'
    assert.deepEqual(
      parseCanonicalJson(engines[memory].blob, 'the engine'),
      { host: 1, memory, parts: hashParts() },
      message,
    )
  })
}
