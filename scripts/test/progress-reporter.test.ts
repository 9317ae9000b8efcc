import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../run.ts'

test('the progress reporter tells why a test within a suite failed, and counts the suite as no test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-reporter-'))
  try {
    const text = `import { suite, test } from 'node:test'
      suite('outer', () => {
        test('good', () => undefined)
        test('bad', () => { throw new Error('the reason') })
      })`
    writeFileSync(join(folder, 'some.test.mjs'), text)
    const reporter = `--test-reporter=${join(root, 'scripts', 'progress-reporter.ts')}`
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = ['--test', '--test-isolation=none', reporter, join(folder, 'some.test.mjs')]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
    assert.equal(status, 1)
    assert.match(stdout, /: 2 tests, 1 FAILED/)
    assert.match(stdout, /^failed: bad \(.*some\.test\.mjs\)\n.*the reason/m)
    assert.doesNotMatch(stdout, /failed: outer/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
