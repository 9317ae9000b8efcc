import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { help, version } from '../src/help.ts'
import { maxSearchMs, maxSilenceMs } from '../src/limits.ts'

test('help tells the version of package.json, and the waits that there are', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  assert.equal(version, JSON.parse(manifest).version)
  assert.match(help, new RegExp(`\\(${maxSearchMs / 1000}\\).*\\(${maxSilenceMs / 1000}\\)`))
})
