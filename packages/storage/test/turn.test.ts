import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { takeTurn } from '../src/turn.ts'

for (const [first, second, isFree] of [
  ['alone', 'alone', false],
  ['alone', 'together', false],
  ['together', 'alone', false],
  ['together', 'together', true],
] as const) {
  test(`takeTurn() gives ${isFree ? 'a turn' : 'nothing'} ${second} while somebody has one ${first}, and a turn afterwards`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'stele-turn-'))
    const path = join(folder, 'lock.db')
    {
      using _ = takeTurn(path, first)
      using other = takeTurn(path, second)
      assert.equal(other !== undefined, isFree)
    }
    using later = takeTurn(path, second)
    assert.ok(later !== undefined)
    rmSync(folder, { recursive: true })
  })
}
