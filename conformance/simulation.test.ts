// Thousands of seeds of the simulation, in two processes side by side; a seed that fails is named.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runProgram } from './processes.ts'
import { roundsOf } from './rounds.ts'
import { repository } from './server.ts'

const seeds = roundsOf({ modest: 2_000, full: 20_000 })
const program = fileURLToPath(new URL('simulation-run.ts', import.meta.url))

test(`a service survives ${seeds} seeds of everything that can go wrong`, async (t) => {
  const half = seeds / 2
  const runs = [0, half].map((from) =>
    runProgram(process.execPath, [program, String(from), String(from + half)], {
      cwd: repository,
      env: { PATH: process.env['PATH'] },
      timeoutMs: seeds * 500,
    }),
  )
  for (const { code, shown, stdout } of await Promise.all(runs)) {
    assert.equal(code, 0, shown)
    t.diagnostic(stdout.trim())
  }
})
