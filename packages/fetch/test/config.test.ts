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

for (const [line, name, message] of [
  ['registry=nonsense', 'a', /"registry", which is "nonsense": it must be an address/],
  ['registry=localhost:4873', 'a', /"registry", which is "localhost:4873"/],
  ['@team:registry=ftp://team.test', '@team/a', /"@team:registry", which is "ftp:/],
] as const) {
  test(`registryOf() refuses ${line}, and the other settings can be read`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'stele-config-'))
    writeFileSync(join(folder, '.npmrc'), `${line}\nother=1`)
    try {
      const config = readConfig(folder)
      assert.throws(() => config.registryOf(name), { code: 'npm_setting_invalid', message })
      assert.equal(config.setting('other'), '1')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
