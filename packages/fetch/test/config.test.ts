import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from '../src/config.ts'

test('readConfig() leaves a variable that is not set as it stands, and reads the rest of the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-config-'))
  const lines = [
    '@team:registry=https://team.test/',
    '//team.test/:_authToken=${STELE_TEST_UNSET}',
    'ignore-scripts=true',
    'other=${STELE_TEST_OTHER}',
  ]
  writeFileSync(join(folder, '.npmrc'), lines.join('\n'))
  try {
    const config = readConfig(folder)
    assert.equal(config.registryOf('@team/a'), 'https://team.test/')
    assert.equal(config.authorizationFor('https://team.test/a'), undefined)
    assert.equal(config.setting('ignore-scripts'), 'true')
    assert.equal(config.setting('optional'), undefined, 'what nobody set is none')
    assert.equal(config.usual('optional'), 'true')
    assert.equal(config.setting('other'), '${STELE_TEST_OTHER}')
    assert.equal(process.env['STELE_TEST_UNSET'], undefined)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
