import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  changeSetting,
  isSecret,
  readSettings,
  shownValue,
} from '../src/client/project/npmrc-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'npmrc-'))
after(() => rmSync(folder, { recursive: true }))
let count = 0
const write = (text: string): string => {
  const path = join(folder, String(count++))
  writeFileSync(path, text)
  return path
}

test('readSettings() reads what npm reads', () => {
  const lines = [
    '; a comment',
    '# another',
    'a=1',
    'b = "two words" ',
    'flag',
    'ca[]=one',
    '',
    '//h/:_authToken=${T}=',
  ]
  assert.deepEqual(readSettings(write(lines.join('\r\n'))), [
    { key: 'a', value: '1' },
    { key: 'b', value: 'two words' },
    { key: 'flag', value: 'true' },
    { key: 'ca', value: 'one' },
    { key: '//h/:_authToken', value: '${T}=' },
  ])
  assert.deepEqual(readSettings(join(folder, 'none')), [])
})

// the text, key and value, the text afterwards
const rows = [
  ['', 'a', '1', 'a=1\n'],
  ['; mine\nb=2\n', 'a', '1', '; mine\nb=2\na=1\n'],
  ['a=1\n; mine\nb=2', 'a', '3', 'a=3\n; mine\nb=2\n'],
  ['a=1\nb=2\na=3\n', 'a', '4', 'a=4\nb=2\n'],
  ['a=1\nb=2\na=3\n', 'a', undefined, 'b=2\n'],
  ['b=2\n', 'a', undefined, 'b=2\n'],
] as const
for (const [before, key, value, expected] of rows) {
  test(`changeSetting() makes ${JSON.stringify(expected)} of ${JSON.stringify(before)} when "${key}" is to be ${value}`, () => {
    const path = write(before)
    assert.equal(changeSetting(path, key, value), before !== expected)
    assert.equal(readFileSync(path, 'utf8'), expected)
  })
}

test('changeSetting() makes a file that its owner alone can read', () => {
  const path = join(folder, 'new')
  changeSetting(path, 'a', '1')
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600)
})

for (const key of [
  '_auth',
  '//h/:_authToken',
  '//h/:_password',
  '//h/:username',
  'otp',
  'key',
  '//h/:keyfile',
  'my-token',
]) {
  test(`isSecret() is true of "${key}", and its value is not shown`, () => {
    assert.equal(isSecret(key), true)
    assert.equal(shownValue({ key, value: 'abc' }), '(hidden)')
  })
}

for (const key of ['registry', '@s:registry', 'save-exact', 'cafile', 'layout']) {
  test(`isSecret() is false of "${key}"`, () => assert.equal(isSecret(key), false))
}

test('shownValue() hides a password within an address', () => {
  const setting = { key: 'https-proxy', value: 'http://me:secret@proxy.test:8080/' }
  assert.equal(shownValue(setting), 'http://***@proxy.test:8080/')
})
