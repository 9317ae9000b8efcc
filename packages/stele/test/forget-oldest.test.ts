import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { forgetOldest } from '../src/client/store/forget-oldest.ts'

// how many files there are, how many there may be, which stay: file 1 is the newest
for (const [count, most, kept] of [
  [3, 4, ['1', '2', '3']],
  [4, 4, ['1', '2', '3', '4']],
  [5, 4, ['1', '2']],
] as const) {
  test(`forgetOldest() keeps ${kept.length} of ${count} files where ${most} are allowed`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'forget-oldest-'))
    try {
      for (let at = 1; at <= count; at++) {
        writeFileSync(join(folder, String(at)), '')
        utimesSync(join(folder, String(at)), 1000 - at, 1000 - at)
      }
      forgetOldest(folder, most)
      assert.deepEqual(readdirSync(folder).toSorted(), kept)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
