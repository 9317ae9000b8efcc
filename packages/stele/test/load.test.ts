import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { redact } from '@stele/errors'
import { type AnySection, flagOf } from '@stele/settings'
import { npmSection } from '../../faces/src/npm/settings.ts'
import { loadSettings, type SettingSources, sections } from '../src/settings/load.ts'

const nothing: SettingSources = { flags: {}, environment: {}, file: undefined }

function fileWith(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stele-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'stele.yaml')
  writeFileSync(path, text)
  return path
}

test('loadSettings() gives the defaults when nothing is said', () => {
  const settings = loadSettings(nothing)
  assert.equal(settings.port, 4873)
  assert.equal(settings.host, 'localhost')
  assert.equal(settings.signUp, 'auto')
})

test('loadSettings() lets flags win over the environment, and that over the file', (t) => {
  const file = fileWith(t, 'port: 1\nhost: file.example\nsignUp: closed\n')
  const environment = { STELE_PORT: '2', STELE_HOST: 'environment.example' }
  const settings = loadSettings({ flags: { port: '3' }, environment, file })
  assert.deepEqual(
    [settings.port, settings.host, settings.signUp],
    [3, 'environment.example', 'closed'],
  )
})

// flag, its text, what it becomes, undefined where it is refused
const values: readonly (readonly [string, string, unknown])[] = [
  ['port', '0', 0],
  ['port', '65535', 65_535],
  ['port', '65536', undefined],
  ['port', '80a', undefined],
  ['port', '-1', undefined],
  ['host', '::1', '::1'],
  ['host', 'a b', undefined],
  ['publicUrl', 'https://registry.example/npm/', 'https://registry.example/npm'],
  ['publicUrl', 'registry.example', undefined],
  ['publicUrl', 'ftp://registry.example', undefined],
  ['publicUrl', 'https://user:secret@registry.example', undefined],
  ['publicUrl', 'https://registry.example/?a=b', undefined],
  ['publicUrl', 'https://:secret@registry.example', undefined],
  ['mountPath', '/npm/team', '/npm/team'],
  ['mountPath', 'npm', undefined],
  ['mountPath', '/npm/', undefined],
  ['trustedProxies', '10.1.0.0/99', undefined],
  ['trustedProxies', 'everyone', undefined],
  ['signUp', 'open', 'open'],
  ['signUp', 'yes', undefined],
  ['operator', 'ops', 'ops'],
  ['operator', 'Ops Team', undefined],
  ['origin', 'registry.example/npm', 'registry.example/npm'],
  ['origin', 'https://registry.example', undefined],
  ['maxUploadBytes', '1', undefined],
  ['publicFolder', 'false', false],
  ['publicFolder', 'maybe', undefined],
  ['logLevel', 'loud', undefined],
  ['logFormat', 'text', 'text'],
  ['logFormat', 'xml', undefined],
]
for (const [key, text, wanted] of values) {
  const flag = flagOf('', key)
  test(`loadSettings() ${wanted === undefined ? 'refuses' : 'takes'} --${flag} ${text}`, () => {
    const load = (): unknown => {
      const settings = loadSettings({ ...nothing, flags: { [flag]: text } })
      return Reflect.get({ ...settings, ...settings.read(npmSection) }, key)
    }
    if (wanted !== undefined) assert.deepEqual(load(), wanted)
    else {
      assert.throws(load, (error: Error & { code?: string }) => {
        assert.equal(error.code, 'setting_invalid')
        const message = `--${flag} ${JSON.stringify(text)}: must be ${wantedOf(key)}`
        assert.equal(error.message, redact(message))
        return true
      })
    }
  })
}

function wantedOf(key: string): string {
  const found = sections
    .filter(({ name }) => name === '')
    .map(({ fields }: AnySection) => fields[key])
    .find((field) => field !== undefined)
  return found?.kind.wanted.replace(/^a list, each of it /, '') ?? ''
}

const wrongFiles: readonly (readonly [string, string, string])[] = [
  ['it has an unknown key', 'prot: 1\n', 'setting_unknown'],
  ['it is no mapping', '- a\n- b\n', 'data_invalid'],
  ['it is no YAML', 'port: [1\n', 'data_invalid'],
  ['a value is of the wrong kind', 'port: yes please\n', 'setting_invalid'],
]
for (const [what, text, code] of wrongFiles) {
  test(`loadSettings() throws ${code}, naming the file, when ${what}`, (t) => {
    const file = fileWith(t, text)
    assert.throws(
      () => loadSettings({ ...nothing, file }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, code)
        assert.ok(error.message.includes(file))
        return true
      },
    )
  })
}

test('loadSettings() takes an empty file', (t) => {
  assert.equal(loadSettings({ ...nothing, file: fileWith(t, '# nothing yet\n') }).port, 4873)
})

test('loadSettings() says whether a flag or a variable named the file that is not there', () => {
  const file = '/nowhere/stele.yaml'
  const said = (environment: { STELE_CONFIG?: string }): string => {
    try {
      loadSettings({ ...nothing, environment, file })
      return ''
    } catch (error) {
      return String(error instanceof Error ? error.message : error)
    }
  }
  assert.match(said({}), /^--config "/)
  assert.match(said({ STELE_CONFIG: file }), /^STELE_CONFIG "/)
})

test('loadSettings() throws setting_invalid when the named file is not there', () => {
  assert.throws(() => loadSettings({ ...nothing, file: '/nowhere/stele.yaml' }), {
    code: 'setting_invalid',
  })
})

test('loadSettings() throws setting_unknown, with the nearest name, when a variable is misspelt', () => {
  assert.equal(
    loadSettings({ ...nothing, environment: { STELE_SERVICE_HOST: '10.0.0.1' } }).port,
    4873,
  )
  const environment = { STELE_PUBLIC_URI: 'https://a.example' }
  assert.throws(() => loadSettings({ ...nothing, environment }), {
    message: 'Unknown setting STELE_PUBLIC_URI in the environment; did you mean STELE_PUBLIC_URL?',
  })
})

test('loadSettings() takes addresses and ranges of trusted proxies, separated by commas or spaces', () => {
  const flags = { 'trusted-proxies': '10.0.0.1, 10.1.0.0/16 ::1' }
  assert.equal(loadSettings({ ...nothing, flags }).trustedProxies.length, 3)
})

test('loadSettings() names the variable, or the key and its file, that a wrong value stands in', (t) => {
  const environment = { STELE_SIGN_UP: 'maybe' }
  assert.throws(() => loadSettings({ ...nothing, environment }), {
    message: 'STELE_SIGN_UP "maybe": must be auto, open or closed',
  })
  const file = fileWith(t, 'signUp: maybe\n')
  assert.throws(() => loadSettings({ ...nothing, file }), {
    message: `signUp "maybe" in the file "${file}": must be auto, open or closed`,
  })
})

test('loadSettings() asks "did you mean" when letters of a variable are swapped', () => {
  assert.throws(() => loadSettings({ ...nothing, environment: { STELE_PROT: '1' } }), {
    message: 'Unknown setting STELE_PROT in the environment; did you mean STELE_PORT?',
  })
})

test('loadSettings() takes the example in deploy/', () => {
  const file = join(import.meta.dirname, '..', 'deploy', 'stele.yaml')
  assert.equal(loadSettings({ ...nothing, file }).signUp, 'closed')
})
