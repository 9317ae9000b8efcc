import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCanonicalJson } from '@stele/formats'
import { hashParts } from '../scripts/engine-parts.ts'
import { engine } from '../src/engine.ts'

test('engine names the files as they are', () => {
  const message = 'A part changed: that is a new engine. Run: node packages/host/scripts/pin.ts'
  assert.deepEqual(
    parseCanonicalJson(engine.blob, 'the engine'),
    { host: 1, parts: hashParts() },
    message,
  )
})
